import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRuntime } from '@mainstem/event-store';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExpectedVersion } from '../semantics/expected-version.js';
import { EventLog } from './event-log.js';
import type { ProposedEvent } from '../semantics/log-event.js';

let dir: string;
let log: EventLog;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-log-'));
  log = await EventLog.open({ dir, runtime: systemRuntime, writeBytesMax: 1_000_000 });
});
afterEach(async () => {
  await log.close();
  await rm(dir, { recursive: true });
});

/** One of twelve ids: few, so that they occur again. */
const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const event = (n: number): ProposedEvent => ({
  id: idOf(n),
  type: 'Counted',
  isJson: true,
  data: Buffer.from(`{"n":${n}}`),
  metadata: Buffer.alloc(0),
});
const metadataEvent = (json: string): ProposedEvent => ({ ...event(0), id: crypto.randomUUID(), type: '$metadata', data: Buffer.from(json) });

type Command =
  | { readonly kind: 'append'; readonly stream: string; readonly expected: ExpectedVersion; readonly ids: readonly number[] }
  | { readonly kind: 'softDelete' | 'tombstone'; readonly stream: string; readonly expected: ExpectedVersion }
  | { readonly kind: 'describe'; readonly stream: string; readonly metadata: { readonly $maxCount?: number; readonly $tb?: number } };

interface Written {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
}

type Answer = readonly ['written', number] | readonly ['wrong-version', number] | readonly ['stream-deleted'];

/** A plain second version of the rules: one list of all events, searched from its beginning each time. */
class Model {
  readonly all: Written[] = [];
  readonly #metadata = new Map<string, { $maxCount?: number; $tb?: number } | 'deleted'>();
  readonly #tombstoned = new Set<string>();

  run(command: Command): Answer {
    if (this.#tombstoned.has(command.stream)) return ['stream-deleted'];
    if (command.kind === 'describe') return this.#describe(command.stream, command.metadata);
    const ids = command.kind === 'append' ? command.ids.map(idOf) : ['never seen'];
    const refusal = this.#refusal(command.stream, command.expected, ids);
    if (refusal) return refusal;
    if (command.kind === 'append') return this.#append(command.stream, ids);
    if (command.kind === 'tombstone') {
      this.#tombstoned.add(command.stream);
      this.all.push({ stream: command.stream, revision: Number.MAX_SAFE_INTEGER, id: '?' });
      return ['written', Number.MAX_SAFE_INTEGER];
    }
    if (this.last(command.stream) < 0 && !this.#metadata.has(command.stream)) return ['wrong-version', -1];
    return this.#note(command.stream, 'deleted');
  }

  last(stream: string): number {
    return this.#of(stream).length - 1;
  }

  /** What a reader sees: revisions, or the reason why there are none. */
  visible(stream: string): readonly number[] | 'deleted' | 'not found' {
    if (this.#tombstoned.has(stream)) return 'deleted';
    const metadata = this.#metadata.get(stream);
    if (this.last(stream) < 0 || metadata === 'deleted') return 'not found';
    const { $maxCount = Infinity, $tb = 0 } = metadata ?? {};
    return this.#of(stream)
      .map((written) => written.revision)
      .filter((revision) => revision >= $tb && revision > this.last(stream) - $maxCount);
  }

  #refusal(stream: string, expected: ExpectedVersion, ids: readonly string[]): Answer | undefined {
    const last = this.last(stream);
    const isDeleted = this.#metadata.get(stream) === 'deleted';
    const wrong: Answer = ['wrong-version', last];
    if (expected === 'stream-exists' && isDeleted) return ['stream-deleted'];
    if (expected === 'stream-exists' && last < 0 && !this.#metadata.has(stream)) return wrong;
    if (expected === 'any' || expected === 'stream-exists') {
      const places = ids.map((id) => this.#remembered(id)).map((written) => (written?.stream === stream ? written.revision : undefined));
      if (places.length === 0 || places[0] === undefined) return undefined;
      return places.includes(undefined) ? wrong : ['written', places.at(-1) ?? -1];
    }
    const at = expected === 'no-stream' ? -1 : Number(expected);
    if (at === last) return undefined;
    if (at > last || ids.length === 0) return wrong;
    const there = this.#of(stream)
      .slice(at + 1, at + 1 + ids.length)
      .map((written) => written.id);
    if (there.length === ids.length && there.every((id, index) => id === ids[index])) return ['written', at + ids.length];
    return at === -1 && isDeleted && there[0] !== ids[0] ? undefined : wrong;
  }

  #append(stream: string, ids: readonly string[]): Answer {
    const from = this.last(stream) + 1;
    for (const [index, id] of ids.entries()) this.all.push({ stream, revision: from + index, id });
    if (this.#metadata.get(stream) === 'deleted') this.#note(stream, { $tb: from });
    return ['written', from + ids.length - 1];
  }

  #describe(stream: string, metadata: { $maxCount?: number; $tb?: number }): Answer {
    const wasDeleted = this.#metadata.get(stream) === 'deleted';
    const answer = this.#note(stream, metadata);
    if (wasDeleted) this.#note(stream, { ...metadata, $tb: this.last(stream) + 1 });
    return answer;
  }

  #note(stream: string, metadata: { $maxCount?: number; $tb?: number } | 'deleted'): Answer {
    const revision = this.last(`$$${stream}`) + 1;
    this.all.push({ stream: `$$${stream}`, revision, id: '?' });
    this.#metadata.set(stream, metadata);
    return ['written', revision];
  }

  #of(stream: string): readonly Written[] {
    return this.all.filter((written) => written.stream === stream && written.revision !== Number.MAX_SAFE_INTEGER);
  }

  /** The id's first place since its last append to the stream that got it last. */
  #remembered(id: string): Written | undefined {
    const places = this.all.filter((written) => written.id === id);
    const elsewhere = places.findLastIndex(({ stream }) => stream !== places.at(-1)?.stream);
    return places[elsewhere + 1];
  }
}

const run = async (command: Command): Promise<Answer> => {
  const { stream } = command;
  const outcome = await (command.kind === 'append'
    ? log.append({ stream, expected: command.expected, events: command.ids.map(event) })
    : command.kind === 'describe'
      ? log.append({ stream: `$$${stream}`, expected: 'any', events: [metadataEvent(JSON.stringify(command.metadata))] })
      : log[command.kind]({ stream, expected: command.expected }));
  if (outcome.kind === 'written') return ['written', outcome.revision];
  return outcome.kind === 'wrong-version' ? ['wrong-version', outcome.current] : ['stream-deleted'];
};

const visible = async (stream: string): Promise<readonly number[] | 'deleted' | 'not found'> => {
  const page = await log.streamPage({ stream, isBackwards: false, from: 0, limit: 1_000 });
  const back = await log.streamPage({ stream, isBackwards: true, from: Number.MAX_SAFE_INTEGER, limit: 1_000 });
  expect(back.events.map((found) => found.id).toReversed()).toEqual(page.events.map((found) => found.id));
  if (page.state.isTombstoned) return 'deleted';
  if (page.state.last < 0 || page.state.metadata.isDeleted) return 'not found';
  return page.events.map((found) => found.revision);
};

const everything = async (): Promise<readonly Written[]> => {
  const page = await log.allPage({ isBackwards: false, from: 0, limit: 10_000, filter: undefined });
  expect(page.events.map((found) => found.position)).toEqual(page.events.map((_, index) => index + 1));
  return page.events.map(({ stream, revision, id }) => ({ stream, revision, id }));
};

// One stream gets more writes than the other, so that it grows long in one run.
const stream = fc.constantFrom('a-1', 'a-1', 'a-1', 'b-1');
const expected: fc.Arbitrary<ExpectedVersion> = fc.oneof(
  fc.constantFrom<ExpectedVersion>('any', 'no-stream', 'stream-exists'),
  fc.integer({ min: 0, max: 5 }).map(BigInt),
);
const small = fc.integer({ min: 1, max: 6 });
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      stream,
      expected,
      ids: fc.uniqueArray(fc.integer({ min: 0, max: 11 }), { maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('softDelete' as const), stream, expected }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tombstone' as const), stream, expected: fc.integer({ min: 0, max: 8 }).map(BigInt) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('describe' as const),
      stream,
      metadata: fc.record({ $maxCount: small, $tb: small }, { requiredKeys: [] }),
    }),
  },
);

describe('the event log', () => {
  it('answers and shows events by the rules, for any sequence of commands', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
        await log.close();
        log = await EventLog.open({ dir: join(dir, String(round++)), runtime: systemRuntime, writeBytesMax: 1_000_000 });
        const model = new Model();
        for (const one of commands) expect(await run(one), JSON.stringify(one, bigintText)).toEqual(model.run(one));
        for (const name of ['a-1', 'b-1']) expect(await visible(name)).toEqual(model.visible(name));
        const shown = await everything();
        expect(shown.map(({ stream: name, revision }) => [name, revision])).toEqual(model.all.map(({ stream: name, revision }) => [name, revision]));
        for (const [index, { id }] of model.all.entries()) if (id !== '?') expect(shown[index]?.id).toBe(id);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('carries any bytes, whatever content type they claim', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
      fc.json().map((text) => Buffer.from(text)),
      fc.constantFrom('', '{ }', '{}', '{ "$raw": true }', '[]', 'null', '{"a":1} ', '\ufeff{}', '"\\ud800"').map((text) => Buffer.from(text)),
    );
    const proposed = fc.record({ id: fc.uuid(), type: fc.constantFrom('A', '$>'), isJson: fc.boolean(), data: bytes, metadata: bytes });
    await fc.assert(
      fc.asyncProperty(fc.array(proposed, { minLength: 1, maxLength: 10 }), async (sent) => {
        const outcome = await log.append({ stream: 'bytes-1', expected: 'any', events: sent.map((one) => ({ ...one, id: crypto.randomUUID() })) });
        const from = outcome.kind === 'written' ? outcome.revision - sent.length + 1 : -1;
        const { events } = await log.streamPage({ stream: 'bytes-1', isBackwards: false, from, limit: sent.length });
        const plain = events.map(({ type, isJson, data, metadata }) => ({ type, isJson, data, metadata }));
        expect(plain).toEqual(sent.map(({ type, isJson, data, metadata }) => ({ type, isJson, data, metadata })));
      }),
    );
  }, 60_000);
});

const bigintText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
