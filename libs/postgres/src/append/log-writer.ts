// Writes batches into the log: each takes effect once, whatever happens to the connection.
import { EventStoreRestored, type EventMark, type Incarnation, type Position } from '@mainstem/event-store';
import type { AppendOutcome, EncodedAppend } from '@mainstem/event-store/adapter';
import { LogBusy } from '../errors.js';
import { lockHolders } from '../server/lock-holders.js';
import { persist } from '../server/persist.js';
import { LOG_STATES, nameIn } from '../server/schema.js';
import type { Run, Sessions, Statement } from '../server/sessions.js';
import { isTransient, sqlStateOf } from '../server/translate-error.js';
import { appendsOf, BatchPlan, type Answer, type PlannedEvent, type Work } from './batch-plan.js';
import { HAS_NOTIFICATION_ROOM } from './notification-room.js';
import { streamsStatement, viewsOf } from './stream-reads.js';
import { NeedsRead, StreamView } from './stream-view.js';
import { plainArray, textArray } from './text-array.js';

const LOCK_TIMEOUT = '55P03';
/** Too many notifications wait for a session that does not take them: the server refuses the commit. */
const LIMIT_EXCEEDED = '54000';
/** Then appends do without for so long. */
const QUIET_MS = 10_000;
/** For so long health tells of an append that was refused because of a lock. */
const BUSY_TOLD_MS = 30_000;
/** A process that is stopped while it holds the counter holds up all others for less than they wait by default. */
const IDLE_HOLDER_MS = 3_000;
/** For so long the answer to an append tells whether others append. */
const CHANGES_KNOWN_MS = 50;

/** The parameter of the statement that appends. */
const CHANNEL = '$5::text';
const CHANNEL_WITH_ROOM = `CASE WHEN ${HAS_NOTIFICATION_ROOM} THEN ${CHANNEL} END`;

export interface LogWriterOptions {
  readonly sessions: Sessions;
  readonly incarnation: Incarnation;
  /** Where appends are notified; undefined for nowhere. */
  readonly channel: string | undefined;
}

export interface Written {
  /** One for each call, in order. */
  readonly outcomes: readonly AppendOutcome[];
  /** The last event that was written; undefined if none was. */
  readonly last: EventMark | undefined;
}

export class LogWriter {
  readonly #options: LogWriterOptions;
  /** The last event that this process has written: a log without it was put back to an earlier state. */
  #mark: EventMark | undefined;
  /** How often the log did not end where this process had left it, and when that was last looked at. */
  #changes = { count: 0, askedMs: -Infinity };
  /** No notification before that. */
  #quietUntilMs = -Infinity;
  #busy: { readonly error: LogBusy; readonly atMs: number } | undefined;

  constructor(options: LogWriterOptions) {
    this.#options = options;
  }

  /** A count that rises when others have appended; undefined if no append of late has told. */
  changesByOthers(): number | undefined {
    const { count, askedMs } = this.#changes;
    return this.#now() - askedMs <= CHANGES_KNOWN_MS ? count : undefined;
  }

  /** Why the last append was refused that waited for the log, if none has succeeded since and it was of late. */
  get busy(): LogBusy | undefined {
    return this.#busy && this.#now() - this.#busy.atMs <= BUSY_TOLD_MS ? this.#busy.error : undefined;
  }

  /** False while notifications are left out, because the server has no room for them. */
  get notifies(): boolean {
    return this.#options.channel !== undefined && this.#now() >= this.#quietUntilMs;
  }

  /**
   * Writes a batch, all of it or nothing; each call is answered for itself. It is repeated while the server cannot be
   * reached, and recognises what it had written. The signal ends the wait for an answer, for good. Errors:
   * EVENT_STORE_BUSY, EVENT_STORE_RESTORED, EVENT_STORE_UNAVAILABLE (only then may it have taken effect), and others of
   * the server.
   */
  async write(batch: readonly Work[], signal: AbortSignal): Promise<Written> {
    const { sessions } = this.#options;
    const { runtime, patienceMs } = sessions.options;
    const sentFrom = new Map<EncodedAppend, number>();
    let lost: unknown;
    const cut = (): void => sessions.cutWriting();
    signal.addEventListener('abort', cut);
    try {
      return await persist({ runtime, patienceMs, signal }, async () => {
        try {
          const written = await this.#withoutFullQueue(() => this.#attempt(batch, sentFrom));
          this.#mark = written.last ?? this.#mark;
          this.#busy = undefined;
          return written;
        } catch (error) {
          if (isTransient(error)) lost = error;
          throw error;
        }
      });
    } catch (error) {
      // Only a repetition that is answered tells what became of the first try.
      if (lost !== undefined) throw sessions.translated(lost, 'append');
      if (sqlStateOf(error) === LOG_STATES.restored) throw new EventStoreRestored('append', this.#mark?.position ?? 0n);
      if (sqlStateOf(error) === LOCK_TIMEOUT) throw await this.#busyWith(error);
      throw sessions.translated(error, 'append');
    } finally {
      signal.removeEventListener('abort', cut);
    }
  }

  /** Notifications are a hint: an append does without rather than fail. */
  async #withoutFullQueue(attempt: () => Promise<Written>): Promise<Written> {
    try {
      return await attempt();
    } catch (error) {
      if (sqlStateOf(error) !== LIMIT_EXCEEDED || !this.notifies) throw error;
      this.#quietUntilMs = this.#now() + QUIET_MS;
      return attempt();
    }
  }

  async #busyWith(cause: unknown): Promise<LogBusy> {
    const { sessions } = this.#options;
    const error = new LogBusy(sessions.options.target.lockTimeoutMs, await lockHolders(sessions), cause);
    this.#busy = { error, atMs: this.#now() };
    return error;
  }

  #now(): number {
    return this.#options.sessions.options.runtime.monotonic();
  }

  /**
   * Writes one call in a transaction of the caller, once: it takes the row of the log and holds it until the caller
   * ends the transaction. A refusal is an answer, and leaves the transaction as it was. Errors: those of `run`.
   */
  async writeIn(work: Work, run: Run): Promise<AppendOutcome> {
    // A first plan that does not hold has locked the row: what is looked at then stays.
    const planned = (mustRead: boolean) => this.#plannedAndWritten([work], new Map(), run, { mustRead, channel: CHANNEL_WITH_ROOM });
    const written = (await planned(false)) ?? (await planned(true));
    const [outcome] = written?.outcomes ?? [];
    if (!outcome) throw new TypeError('a stream has changed while the log was locked: something else has appended in the same transaction');
    return outcome;
  }

  async #attempt(batch: readonly Work[], sentFrom: Map<EncodedAppend, number>): Promise<Written> {
    const { sessions } = this.#options;
    const run: Run = (statement) => sessions.write(statement);
    return (await this.#plannedAndWritten(batch, sentFrom, run)) ?? this.#underLock(batch, sentFrom);
  }

  /** After another process was faster: while the counter is held, nothing changes between look and write. */
  #underLock(batch: readonly Work[], sentFrom: Map<EncodedAppend, number>): Promise<Written> {
    const { sessions } = this.#options;
    const { schema, lockTimeoutMs } = sessions.options.target;
    const begin = `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL idle_in_transaction_session_timeout = ${IDLE_HOLDER_MS}`;
    return sessions.transaction(begin, async (run) => {
      await run({ text: `SELECT FROM ${nameIn(schema, 'log')} FOR UPDATE`, values: [] });
      const written = await this.#plannedAndWritten(batch, sentFrom, run, { mustRead: true });
      if (!written) throw new TypeError('a stream has changed while the counter was held');
      return written;
    });
  }

  /** Undefined: a stream is not where the plan takes it to be; nothing was written. */
  async #plannedAndWritten(
    batch: readonly Work[],
    sentFrom: Map<EncodedAppend, number>,
    run: Run,
    { mustRead = sentFrom.size > 0, channel = CHANNEL }: { readonly mustRead?: boolean; readonly channel?: string } = {},
  ): Promise<Written | undefined> {
    const { plan, answers } = (mustRead ? undefined : assumed(batch)) ?? (await this.#read(batch, sentFrom, run));
    if (plan.events.length === 0) return { outcomes: answers.map((answer) => outcomeOf(answer, 0n)), last: undefined };
    remember(batch, plan, sentFrom);
    const askedMs = this.#now();
    const [row] = await run(this.#appendStatement(plan, channel));
    const base = row?.[0];
    if (typeof base !== 'string') return undefined;
    this.#changes = { count: this.#changes.count + (BigInt(base) === this.#mark?.position ? 0 : 1), askedMs };
    const last = (BigInt(base) + BigInt(plan.events.length)) as Position;
    return {
      outcomes: answers.map((answer) => outcomeOf(answer, BigInt(base))),
      last: { position: last, id: (plan.events.at(-1) as PlannedEvent).event.id },
    };
  }

  async #read(batch: readonly Work[], sentFrom: ReadonlyMap<EncodedAppend, number>, run: Run): Promise<Ruled> {
    const appends = batch.flatMap(appendsOf);
    const views = viewsOf(appends, await run(streamsStatement(this.#options.sessions.options.target.schema, appends, sentFrom)));
    return ruled(batch, new BatchPlan((stream) => views.get(stream) as StreamView, sentFrom));
  }

  #appendStatement({ events, bases }: BatchPlan, channel: string): Statement {
    const { sessions, incarnation } = this.#options;
    const { schema, lockTimeoutMs } = sessions.options.target;
    const streams = [...bases.keys()];
    const numbers = new Map(streams.map((stream, index) => [stream, index + 1]));
    return {
      text: `SELECT ${nameIn(schema, 'append')}($1::text, $2::bigint, $3::uuid, $4::integer, ${channel}, $6::text[], $7::bigint[], $8::uuid[], $9::integer[], $10::bigint[], $11::text[], $12::text[], $13::text[])`,
      values: [
        incarnation,
        this.#mark ? String(this.#mark.position) : null,
        this.#mark?.id ?? null,
        lockTimeoutMs,
        this.notifies ? this.#options.channel : null,
        textArray(streams),
        plainArray([...bases.values()]),
        plainArray(events.map(({ event }) => event.id)),
        plainArray(events.map(({ stream }) => numbers.get(stream) ?? 0)),
        plainArray(events.map(({ revision }) => revision)),
        textArray(events.map(({ event }) => event.type)),
        textArray(events.map(({ event }) => event.dataJson)),
        textArray(events.map(({ event }) => event.metadataJson)),
      ],
      columns: 1,
    };
  }
}

interface Ruled {
  readonly plan: BatchPlan;
  readonly answers: readonly Answer[];
}

const ruled = (batch: readonly Work[], plan: BatchPlan): Ruled => ({ plan, answers: batch.map((work) => plan.rule(work)) });

/**
 * A plan that takes each stream to be where its first append expects it: the server tells if it is not, and one look at
 * the streams is saved. Undefined: the rules need more than that.
 */
const assumed = (batch: readonly Work[]): Ruled | undefined => {
  const views = new Map<string, StreamView>();
  for (const { stream, expected } of batch.flatMap(appendsOf)) {
    if (expected === 'any' || expected === 'stream-exists') return undefined;
    const last = expected === 'no-stream' ? -1 : Number(expected);
    if (!Number.isSafeInteger(last)) return undefined;
    if (!views.has(stream)) views.set(stream, new StreamView(last, false));
  }
  try {
    return ruled(batch, new BatchPlan((stream) => views.get(stream) as StreamView, new Map()));
  } catch (error) {
    if (error instanceof NeedsRead) return undefined;
    throw error;
  }
};

/** The answer may be lost: a repetition has to find what this call has written. The first try decides. */
const remember = (batch: readonly Work[], { bases }: BatchPlan, sentFrom: Map<EncodedAppend, number>): void => {
  for (const append of batch.flatMap(appendsOf)) {
    const base = bases.get(append.stream);
    const isWithoutPlace = append.expected === 'any' || append.expected === 'stream-exists';
    if (isWithoutPlace && base !== undefined && !sentFrom.has(append)) sentFrom.set(append, base + 1);
  }
};

const outcomeOf = (answer: Answer, base: bigint): AppendOutcome => ('refusal' in answer ? answer : { result: answer.result(base) });
