import { systemRuntime, type Runtime } from '@mainstem/event-store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CheckpointStream } from './checkpoint-stream.js';
import type { Consumer } from './consumer.js';
import type { GroupReader } from './group-reader.js';
import type { GroupSettings } from './group-settings.js';
import { Group } from './group.js';
import { eventAt, messageAt } from './message-of-tests.js';
import { originalOf, type Message, type ResolvedEvent } from './message.js';
import type { ParkedPage, ParkedStream } from './parked-stream.js';

/** What outlives a server: the stream, the noted progress, the parked events, and the answers of consumers. */
class World {
  committed = 0;
  checkpoint: number | undefined;
  readonly parked: ResolvedEvent[] = [];
  firstParked = 0;
  /** Acknowledged, skipped, or parked durably. */
  readonly done = new Set<number>();
  readonly violations: string[] = [];

  note(place: number): void {
    for (let before = 0; before <= place; before++) if (!this.done.has(before)) this.violations.push(`checkpoint ${place} before ${before} was done`);
    this.checkpoint = place;
  }

  /** The event of the source that the message stands for. */
  placeOf(message: Message): number {
    return message.place ?? message.event?.revision ?? -1;
  }
}

/** One run of the server; a new run has none of its groups. */
class Life {
  readonly group: Group;
  readonly consumers: { readonly consumer: Consumer; readonly held: Message[] }[] = [];
  readonly #world: World;
  readonly #loaded: number;
  nowMs = 0;
  isOver = false;

  constructor(world: World, settings: GroupSettings) {
    this.#world = world;
    this.#loaded = world.checkpoint ?? -1;
    const runtime: Runtime = { ...systemRuntime, monotonic: () => this.nowMs, sleep: () => new Promise((resolve) => setImmediate(resolve)) };
    this.group = new Group(settings, {
      reader: this.#reader() as GroupReader,
      checkpoints: this.#checkpoints() as CheckpointStream,
      parked: this.#parked() as ParkedStream,
      runtime,
      report: (error) => world.violations.push(String(error)),
    });
  }

  connect(slots: number): void {
    const held: Message[] = [];
    const send = (message: Message): void => {
      if (message.place !== undefined && message.place <= this.#loaded)
        this.#world.violations.push(`${message.place} came again behind ${this.#loaded}`);
      held.push(message);
    };
    const outlet = { send, hasRoom: true, drop: () => undefined };
    const consumer = this.group.connect({ outlet, slots, connectionName: '', username: '' });
    this.consumers.push({ consumer, held });
    this.group.add(consumer);
  }

  disconnect(nth: number): void {
    const [gone] = this.consumers.splice(nth % Math.max(1, this.consumers.length), 1);
    if (gone) this.group.remove(gone.consumer);
  }

  /** A consumer answers one of its messages. */
  answer(nth: number, how: 'ack' | 'Park' | 'Retry' | 'Skip'): void {
    const holding = this.consumers.filter(({ held }) => held.length > 0);
    const chosen = holding[nth % Math.max(1, holding.length)];
    const [message] = chosen?.held.splice(nth % Math.max(1, chosen.held.length), 1) ?? [];
    if (!message) return;
    if (how === 'ack' || how === 'Skip') this.#world.done.add(this.#world.placeOf(message));
    if (how === 'ack') this.group.acknowledge([message.id]);
    else this.group.refuse([message.id], how, '');
  }

  commit(): void {
    const message = messageAt(this.#world.committed++);
    this.group.addLive([message], 0, 0);
  }

  /** A consumer that is late loses its messages. */
  tick(): void {
    this.nowMs += 1_000;
    this.group.tick();
  }

  #reader(): Partial<GroupReader> {
    return {
      page: async (from) => {
        await Promise.resolve();
        const next = Math.max(from, Math.min(from + 2, this.#world.committed));
        const messages = Array.from({ length: next - from }, (_, n) => messageAt(from + n));
        return { messages, next, skipped: 0, isEnd: next >= this.#world.committed };
      },
    };
  }

  #checkpoints(): object {
    return {
      load: () => Promise.resolve(this.#world.checkpoint),
      note: (place: number) => this.isOver || this.#world.note(place),
      settled: () => Promise.resolve(),
    };
  }

  #parked(): object {
    const world = this.#world;
    const hasEnded = (): boolean => this.isOver;
    return {
      load: () => Promise.resolve(),
      get first() {
        return world.firstParked;
      },
      get end() {
        return world.parked.length;
      },
      park: async (message: Message) => {
        await new Promise((resolve) => setImmediate(resolve));
        if (hasEnded()) return new Promise(() => undefined);
        world.parked.push({ event: message.event, link: { ...eventAt(world.parked.length, 'parked'), type: '$>' } });
        world.done.add(world.placeOf(message));
        return undefined;
      },
      read: (limit: number): Promise<ParkedPage> => {
        const events = world.parked.slice(world.firstParked, world.firstParked + limit);
        return Promise.resolve({ events, next: world.firstParked + events.length });
      },
      pass: (revision: number) => (world.firstParked = Math.max(world.firstParked, revision)),
      truncate: () => Promise.resolve(),
    };
  }
}

const RUNS = 150;

const SETTINGS: GroupSettings = {
  source: { kind: 'stream', stream: 's-1' },
  group: 'g',
  startFrom: 0,
  resolvesLinks: false,
  hasExtraStatistics: false,
  messageTimeoutMs: 2_500,
  retriesMax: 2,
  checkpointAfterMs: 1_000,
  checkpointCountMin: 1,
  checkpointCountMax: 4,
  consumersMax: 0,
  liveBufferSize: 3,
  readBatchSize: 2,
  historyBufferSize: 6,
  strategy: 'RoundRobin',
};

const nth = fc.nat({ max: 20 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant(['commit'] as const) },
  { weight: 8, arbitrary: fc.tuple(fc.constant('answer' as const), nth, fc.constantFrom('ack', 'ack', 'ack', 'Park', 'Retry', 'Skip')) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('connect' as const), fc.integer({ min: 1, max: 4 })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('disconnect' as const), nth) },
  { weight: 2, arbitrary: fc.constant(['tick'] as const) },
  { weight: 1, arbitrary: fc.constant(['replay'] as const) },
  { weight: 1, arbitrary: fc.constant(['crash'] as const) },
  { weight: 4, arbitrary: fc.constant(['turn'] as const) },
);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a group', () => {
  it('delivers every message until it is answered, notes no progress earlier, and resumes from its checkpoint, whatever happens', async () => {
    const strategy = fc.constantFrom('RoundRobin' as const, 'DispatchToSingle' as const, 'Pinned' as const);
    await fc.assert(
      fc.asyncProperty(strategy, fc.array(step, { maxLength: 150, size: 'max' }), async (chosen, steps) => {
        const world = new World();
        const settings = { ...SETTINGS, strategy: chosen };
        let life = new Life(world, settings);
        await life.group.start(0);
        for (const [kind, first, second] of steps) {
          if (kind === 'commit') life.commit();
          if (kind === 'answer') life.answer(first as number, second as 'ack');
          if (kind === 'connect') life.connect(first as number);
          if (kind === 'disconnect') life.disconnect(first as number);
          if (kind === 'tick') life.tick();
          if (kind === 'replay') life.group.replays.begin(undefined);
          if (kind === 'turn') await turn();
          if (kind !== 'crash') continue;
          life.isOver = true;
          life = new Life(world, settings);
          await life.group.start(0);
        }
        life.connect(3);
        for (let round = 0; round < 400 && world.done.size < world.committed; round++) {
          for (let n = 0; n < 4; n++) life.answer(n, 'ack');
          if (round % 10 === 0) life.tick();
          await turn();
        }
        expect(world.violations).toEqual([]);
        expect([...world.done].toSorted((one, other) => one - other)).toEqual(Array.from({ length: world.committed }, (_, place) => place));
        await life.group.close();
      }),
      { numRuns: RUNS },
    );
  });

  it('keeps the target of the link for a replayed message', () => {
    const link = { ...eventAt(0, 'parked'), type: '$>' };
    expect(originalOf({ event: eventAt(5), link })).toBe(link);
  });
});
