// Random histories of commands from two processes: repeated, together, refused, aborted, over a store that fails before
// or after a write, with snapshots of a poor store or without. The stored events are those of one command after the
// other, each takes effect once, and each answer is what is stored.
import { defineEvents, InMemoryEventStore, MainstemError, systemRuntime, type RecordedEvent, type Runtime } from '@mainstem/event-store';
import { IsInt, IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { defineAggregate } from '../aggregate/aggregate.js';
import { CommandRefused } from '../errors.js';
import type { SnapshotTold } from '../snapshot/snapshots.js';
import { CommandExecutor } from './command-executor.js';
import type { CommandResult } from './command-result.js';
import { dawdle, FIRST_SEED, randomOf, RUNS } from './random-histories.fixtures.js';
import { FaultySnapshots } from './snapshot-worlds.fixtures.js';

class NotedData {
  @IsString() note!: string;
  /** Events of the stream before the command. */
  @IsInt() before!: number;
  @IsString() at!: string;
}
class Unwanted extends CommandRefused {
  constructor() {
    super('NOTE_UNWANTED', 'This note is not wanted.');
  }
}
interface Note {
  readonly note: string;
  readonly parts: number;
  /** Refused if the stream has an even number of events. */
  readonly isPicky: boolean;
}
const note = defineAggregate({
  ...{ category: 'note', events: defineEvents('note', { Noted: NotedData }), initialState: [] as readonly string[] },
  snapshot: { every: 2 },
  evolve: (notes: readonly string[], event: { readonly data: NotedData }) => [...notes, event.data.note],
  decide: ({ note: text, parts, isPicky }: Note, notes: readonly string[], { now }) => {
    if (isPicky && notes.length % 2 === 0) throw new Unwanted();
    return Array.from({ length: parts }, () => ({ type: 'Noted' as const, data: { note: text, before: notes.length, at: now } }));
  },
});

class FailingStore extends InMemoryEventStore {
  isSound = false;
  constructor(private readonly random: () => number) {
    super();
  }

  override async append(...given: Parameters<InMemoryEventStore['append']>): ReturnType<InMemoryEventStore['append']> {
    if (!this.isSound && this.random() < 0.05) throw unavailable();
    const result = await super.append(...given);
    await dawdle(this.random);
    if (!this.isSound && this.random() < 0.05) throw unavailable();
    return result;
  }

  override async *readStream(...given: Parameters<InMemoryEventStore['readStream']>): AsyncGenerator<readonly RecordedEvent[]> {
    await dawdle(this.random);
    for await (const batch of super.readStream(...given)) {
      if (!this.isSound && this.random() < 0.03) throw unavailable();
      yield batch;
    }
  }
}

const unavailable = (): Error => new MainstemError('EVENT_STORE_UNAVAILABLE', 'The line is cut.');

/** The sent commands, and all returned answers with an effect. */
interface Sent {
  readonly id: string;
  readonly commandId: string;
  readonly command: Note;
  readonly answers: CommandResult[];
}

const EXPECTED_CODES = ['NOTE_UNWANTED', 'EVENT_STORE_ABORTED', 'EVENT_STORE_UNAVAILABLE', 'COMMAND_ID_REUSED'];
// A new time at each call: two processes decide differently about one command.
let clock = 0;
const runtime: Runtime = { ...systemRuntime, now: () => clock++, sleep: () => new Promise((resolve) => setImmediate(resolve)) };

/** Snapshots that were used, in all histories. */
let used = 0;

/** Runs one history; returns the store that it leaves and everything that was sent. */
const lived = async (seed: number): Promise<{ readonly store: FailingStore; readonly all: readonly Sent[]; readonly early: ReadonlySet<string> }> => {
  const random = randomOf(seed);
  const whole = (bound: number): number => Math.floor(random() * bound);
  const store = new FailingStore(random);
  const snapshots = seed % 2 === 0 ? undefined : new FaultySnapshots(random, false);
  const onSnapshot = ({ outcome }: SnapshotTold): void => void (used += outcome === 'used' ? 1 : 0);
  const executors = [0, 1].map(
    () =>
      new CommandExecutor({
        store,
        runtime,
        snapshots,
        onSnapshot,
        attemptsMax: 1_000,
        cache: { streamsMax: whole(4), commandIdsMax: 10 * (1 + whole(6)) },
      }),
  );
  const streams = 1 + whole(3);
  const all: Sent[] = [];
  const send = async (number: number): Promise<void> => {
    await dawdle(random);
    const executor = executors[whole(2)] as CommandExecutor;
    const abort = new AbortController();
    if (random() < 0.08) void dawdle(random).then(() => abort.abort());
    const { signal } = abort;
    const alone = all.filter(({ commandId }) => !commandId.startsWith('all-'));
    const earlier = alone.length > 0 && random() < 0.4 ? alone[whole(alone.length)] : undefined;
    try {
      if (!earlier && random() < 0.2) {
        const group = Array.from({ length: 1 + whole(5) }, (_, index): Sent => sentOf('0', `all-${number}:${index}`, whole, random));
        all.push(...group);
        const commands = group.map(({ command }) => command);
        const contexts = group.map(({ commandId, command }) => ({ commandId, fingerprint: command.note, signal }));
        const answers = await executor.executeAll(note, '0', commands, contexts);
        group.forEach((one, index) => one.answers.push(answers[index] as CommandResult));
        return;
      }
      const sent = earlier ?? sentOf(String(whole(streams)), `c-${number}`, whole, random);
      if (!earlier) all.push(sent);
      const isOther = earlier !== undefined && random() < 0.1;
      const command = isOther ? { ...sent.command, note: `${sent.command.note}, otherwise` } : sent.command;
      const answer = await executor.execute(note, sent.id, command, { commandId: sent.commandId, fingerprint: command.note, signal });
      if (!isOther) sent.answers.push(answer);
    } catch (error) {
      expect(EXPECTED_CODES).toContain((error as { readonly code?: string }).code ?? String(error));
    }
  };
  await Promise.all(Array.from({ length: 60 }, (_, number) => send(number)));
  for (const executor of executors) expect(executor.troubles()).toEqual([]);
  // Sent again at the end, each gives its earlier answer, or what is stored.
  store.isSound = true;
  const early = new Set<string>();
  for await (const batch of store.readAll()) for (const { metadata } of batch) early.add(String(metadata.commandId));
  for (const sent of all) {
    const context = { commandId: sent.commandId, fingerprint: sent.command.note };
    await (executors[whole(2)] as CommandExecutor).execute(note, sent.id, sent.command, context).then(
      (answer) => sent.answers.push(answer),
      (error: { readonly code?: string }) => expect(['NOTE_UNWANTED', 'COMMAND_ID_REUSED']).toContain(error.code ?? String(error)),
    );
  }
  return { store, all, early };
};

const sentOf = (id: string, commandId: string, whole: (bound: number) => number, random: () => number): Sent => ({
  ...{ id, commandId, answers: [] },
  command: { note: commandId, parts: whole(4), isPicky: random() < 0.3 },
});

describe(`random histories of commands, from seed ${FIRST_SEED}`, () => {
  it.each(Array.from({ length: RUNS }, (_, index) => FIRST_SEED + index))('answer what is stored: seed %i', async (seed) => {
    const { store, all, early } = await lived(seed);
    const byStream = new Map<string, RecordedEvent[]>();
    for await (const batch of store.readAll()) for (const event of batch) byStream.set(event.stream, [...(byStream.get(event.stream) ?? []), event]);
    for (const [stream, events] of byStream) {
      const seen = new Set<string>();
      for (let at = 0; at < events.length;) {
        const { commandId } = (events[at] as RecordedEvent).metadata;
        const own = events.slice(at).filter((event) => event.metadata.commandId === commandId);
        const sent = all.find((one) => `note-${one.id}` === stream && one.commandId === commandId) as Sent;
        // Once, as a whole, side by side, and decided on the state after all earlier ones.
        expect(seen.has(String(commandId))).toBe(false);
        seen.add(String(commandId));
        expect(own).toHaveLength(sent.command.parts);
        expect(own.map(({ revision }) => Number(revision))).toEqual(own.map((_, index) => at + index));
        const [text] = own.map(({ data }) => (data as NotedData).note);
        expect([sent.command.note, `${sent.command.note}, otherwise`]).toContain(text);
        expect(own.map(({ data }) => data)).toMatchObject(own.map(() => ({ note: text, before: at })));
        expect(sent.command.isPicky && at % 2 === 0).toBe(false);
        at += own.length;
      }
    }
    for (const { id, commandId, answers } of all) {
      const own = (byStream.get(`note-${id}`) ?? []).filter((event) => event.metadata.commandId === commandId);
      const effects = answers.filter(({ events }) => events.length > 0);
      for (const { events, nextRevision, position } of effects) {
        expect(events.map(({ data }) => data)).toEqual(own.map(({ data }) => data));
        expect([nextRevision, position]).toEqual([own.at(-1)?.revision, own.at(-1)?.position]);
      }
      expect(effects.filter(({ isRepeat }) => !isRepeat).length).toBeLessThanOrEqual(1);
      if (answers.length > 0 && own.length > 0) expect(effects.length).toBeGreaterThan(0);
    }
    // Together means all or none.
    const together = all.filter(({ commandId, command }) => commandId.startsWith('all-') && command.parts > 0);
    for (const group of Map.groupBy(together, ({ commandId }) => commandId.split(':', 1)[0]).values())
      expect([0, group.length]).toContain(group.filter(({ commandId }) => early.has(commandId)).length);
  });

  it.runIf(RUNS >= 20)('have used snapshots', () => expect(used).toBeGreaterThan(0));
});
