// Writes events of another log: their order, places and times are given.
import { CopyGap, CopyOvertaken, type EventMark, type Position } from '@mainstem/event-store';
import type { EventCopy } from '@mainstem/event-store/adapter';
import { LogReplaced } from '../errors.js';
import { persist } from '../server/persist.js';
import { nameIn } from '../server/schema.js';
import type { Run, Statement } from '../server/sessions.js';
import type { LogWriterOptions } from './log-writer.js';
import { HAS_NOTIFICATION_ROOM } from './notification-room.js';
import { plainArray, textArray } from './text-array.js';

/** Of a batch of copies: where it has to begin. */
interface Batch {
  readonly copies: readonly EventCopy[];
  readonly after: EventMark | undefined;
}

export class CopyWriter {
  readonly #options: LogWriterOptions;

  constructor(options: LogWriterOptions) {
    this.#options = options;
  }

  /**
   * One transaction, all or nothing, and once: if the answer to COMMIT was lost, the end of the log tells. Errors:
   * EVENT_STORE_COPY_OVERTAKEN, EVENT_STORE_COPY_GAP, and those of the server.
   */
  async write(batch: Batch): Promise<EventMark> {
    const { sessions } = this.#options;
    const { runtime, patienceMs, target } = sessions.options;
    const begin = `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${target.lockTimeoutMs}; SET LOCAL synchronous_commit = on`;
    try {
      return await persist({ runtime, patienceMs }, () => sessions.transaction(begin, (run) => this.#writeUnderLock(batch, run)));
    } catch (error) {
      throw sessions.translated(error, 'appendCopies');
    }
  }

  /** The lock of all appends: nothing changes between the looks and the insert. */
  async #writeUnderLock({ copies, after }: Batch, run: Run): Promise<EventMark> {
    const { incarnation, channel } = this.#options;
    const { schema } = this.#options.sessions.options.target;
    const [log] = await run({ text: `SELECT incarnation FROM ${nameIn(schema, 'log')} FOR UPDATE`, values: [] });
    if (log?.[0] !== incarnation) throw new LogReplaced(schema);
    const [row] = await run({ text: `SELECT position, id FROM ${nameIn(schema, 'events')} ORDER BY position DESC LIMIT 1`, values: [] });
    const [endPosition, endId] = row ?? [];
    const base = after?.position ?? 0n;
    const last: EventMark = { position: (base + BigInt(copies.length)) as Position, id: (copies.at(-1) as EventCopy).id };
    if (endPosition === String(last.position) && endId === last.id) return last;
    if ((endPosition ?? '0') !== String(base) || (endId ?? undefined) !== after?.id) throw new CopyOvertaken(after?.id);
    const [gap] = await run(gapStatement(schema, copies));
    if (gap) throw new CopyGap(gap[0] ?? '', BigInt(gap[1] ?? 0));
    await run(insertStatement(schema, base, copies));
    await run({ text: `UPDATE ${nameIn(schema, 'log')} SET position = $1`, values: [String(last.position)] });
    if (channel !== undefined) await run({ text: `SELECT pg_notify($1, '') WHERE ${HAS_NOTIFICATION_ROOM}`, values: [channel] });
    return last;
  }
}

/** The first event that is not the next one of its stream. */
const gapStatement = (schema: string, copies: readonly EventCopy[]): Statement => ({
  text: `SELECT c.stream, c.revision
FROM (
  SELECT stream, revision, place, lag(revision) OVER (PARTITION BY stream COLLATE "C" ORDER BY place) AS before
  FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS c(stream, revision, place)
) AS c
WHERE c.revision <> 1 + coalesce(c.before,
  (SELECT max(e.revision) FROM ${nameIn(schema, 'events')} AS e WHERE e.stream = c.stream COLLATE "C"), -1)
ORDER BY c.place LIMIT 1`,
  values: [textArray(copies.map(({ stream }) => stream)), plainArray(copies.map(({ revision }) => String(revision)))],
});

const insertStatement = (schema: string, base: bigint, copies: readonly EventCopy[]): Statement => ({
  text: `INSERT INTO ${nameIn(schema, 'events')} (position, id, stream, revision, type, recorded_at_ms, data, metadata)
SELECT $1::bigint + c.place, c.id, c.stream, c.revision, c.type, c.at, c.data, c.metadata
FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::text[])
  WITH ORDINALITY AS c(id, stream, revision, type, at, data, metadata, place)`,
  values: [
    String(base),
    plainArray(copies.map(({ id }) => id)),
    textArray(copies.map(({ stream }) => stream)),
    plainArray(copies.map(({ revision }) => String(revision))),
    textArray(copies.map(({ type }) => type)),
    plainArray(copies.map(({ recordedAt }) => Date.parse(recordedAt))),
    textArray(copies.map(({ dataJson }) => dataJson)),
    textArray(copies.map(({ metadataJson }) => metadataJson)),
  ],
});
