// The queue of a group commit: every call is answered once and with the truth, whatever callers, commits and closes do.
import { getEventListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppendQueue, type AppendOutcome, type AppendQueueOptions } from './append-queue.js';
import { isMainstemError } from './errors.js';
import { systemRuntime, type Runtime } from './runtime.js';

const BATCH_COUNT_MAX = 6;
const PENDING_MAX = 8;

/** A commit under way, which goes on when the test says so. */
interface Commit {
  readonly take: () => readonly number[];
  readonly ending: AbortSignal;
  readonly end: (outcomes: readonly AppendOutcome[]) => void;
  readonly fail: (error: unknown) => void;
}

/** A queue of numbered calls whose commits and whose time of closing are in the hands of the test. */
class Bench {
  readonly commits: Commit[] = [];
  readonly queue: AppendQueue<number>;
  readonly #graceOver = Promise.withResolvers<void>();

  constructor(options: Partial<AppendQueueOptions<number>> = {}) {
    const runtime: Runtime = {
      ...systemRuntime,
      sleep: (_ms, signal) =>
        Promise.race([this.#graceOver.promise, new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))]),
    };
    this.queue = new AppendQueue<number>({
      runtime,
      sizeUnit: 'bytes',
      overloaded: (pendingMax) => new Error(`more than ${pendingMax}`),
      batchCountMax: BATCH_COUNT_MAX,
      pendingAppendsMax: PENDING_MAX,
      commit: (take, ending) => {
        const { promise, resolve, reject } = Promise.withResolvers<readonly AppendOutcome[]>();
        this.commits.push({ take, ending, end: resolve, fail: reject });
        return promise;
      },
      ...options,
    });
  }

  call(work: number, { count = 1, size = 1, signal }: { count?: number; size?: number; signal?: AbortSignal } = {}): Promise<number> {
    return this.queue.add<number>({ operation: 'append', work, count, size }, signal);
  }

  /** The commit that begins next. */
  async next(): Promise<Commit> {
    while (this.commits.length === 0) await turn();
    return this.commits.shift() as Commit;
  }

  endGrace(): void {
    this.#graceOver.resolve();
  }
}

const toldAll = (works: readonly number[]): readonly AppendOutcome[] => works.map((result) => ({ result }));
/** The result, or the code or message of the error. */
const outcomeOf = (call: Promise<number>): Promise<number | string> =>
  call.catch((error: unknown) => (isMainstemError(error) ? error.code : (error as Error).message));

describe('AppendQueue', () => {
  it('commits the calls of one turn together and in order, and those that join until it takes', async () => {
    const bench = new Bench();
    const calls = [bench.call(1), bench.call(2)];
    const { take, end } = await bench.next();
    calls.push(bench.call(3));
    const taken = take();
    calls.push(bench.call(4));
    expect(taken).toEqual([1, 2, 3]);
    end(toldAll(taken));
    const later = await bench.next();
    later.end(toldAll(later.take()));
    expect(await Promise.all(calls)).toEqual([1, 2, 3, 4]);
    await bench.queue.close();
  });

  it('takes no more than a batch may have, but a larger call alone', async () => {
    const bench = new Bench();
    const sizes = [
      { count: BATCH_COUNT_MAX + 1 },
      { count: 2 },
      { count: BATCH_COUNT_MAX - 2 },
      { count: 1, size: 9_000_000 },
      { count: 1, size: 9_000_000 },
    ];
    const calls = sizes.map((size, index) => bench.call(index, size));
    for (const expected of [[0], [1, 2], [3], [4]]) {
      const { take, end } = await bench.next();
      const taken = take();
      expect(taken).toEqual(expected);
      end(toldAll(taken));
    }
    await Promise.all(calls);
  });

  it('tells a refused call its refusal, and all calls of a commit that fails the error', async () => {
    const bench = new Bench();
    const first = [bench.call(1), bench.call(2)].map(outcomeOf);
    const one = await bench.next();
    one.take();
    const waiting = outcomeOf(bench.call(3));
    one.end([{ refusal: new Error('refused') }, { result: 2 }]);
    expect(await Promise.all(first)).toEqual(['refused', 2]);
    const two = await bench.next();
    two.take();
    two.fail(new Error('disk'));
    expect(await waiting).toBe('disk');
  });

  it('fails all that wait if a commit cannot even begin, and goes on with the next call', async () => {
    const bench = new Bench();
    const calls = Array.from({ length: PENDING_MAX }, (_, index) => outcomeOf(bench.call(index, { count: BATCH_COUNT_MAX })));
    (await bench.next()).fail(new Error('locked'));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['locked']));
    const later = bench.call(9);
    const { take, end } = await bench.next();
    end(toldAll(take()));
    expect(await later).toBe(9);
  });

  it('refuses what is more than may wait, in number and in size', async () => {
    const bench = new Bench();
    const large = bench.call(0, { size: 256 * 1_048_576 });
    expect(await outcomeOf(bench.call(1))).toBe(`more than ${256 * 1_048_576} bytes`);
    const one = await bench.next();
    one.end(toldAll(one.take()));
    await large;
    const calls = Array.from({ length: PENDING_MAX }, (_, index) => bench.call(index));
    expect(await outcomeOf(bench.call(9))).toBe(`more than ${PENDING_MAX} calls`);
    for (let left = PENDING_MAX; left > 0;) {
      const { take, end } = await bench.next();
      const taken = take();
      left -= taken.length;
      end(toldAll(taken));
    }
    await Promise.all(calls);
  });

  it('commits nothing for calls that were all aborted before', async () => {
    const bench = new Bench();
    const abort = new AbortController();
    const call = outcomeOf(bench.call(1, { signal: abort.signal }));
    abort.abort();
    expect(await call).toBe('EVENT_STORE_ABORTED');
    await bench.queue.close();
    expect(bench.commits).toEqual([]);
  });

  it('closes after the calls that wait, and fails those that are not begun in time', async () => {
    const bench = new Bench();
    const calls = Array.from({ length: 4 }, (_, index) => outcomeOf(bench.call(index, { count: BATCH_COUNT_MAX })));
    const one = await bench.next();
    const closing = bench.queue.close();
    expect(await outcomeOf(bench.call(9))).toBe('EVENT_STORE_CLOSED');
    one.end(toldAll(one.take()));
    const two = await bench.next();
    const taken = two.take();
    expect(two.ending.aborted).toBe(false);
    bench.endGrace();
    await turn();
    expect(two.ending.aborted).toBe(true);
    two.end(toldAll(taken));
    await closing;
    expect(await Promise.all(calls)).toEqual([0, 1, 'EVENT_STORE_CLOSED', 'EVENT_STORE_CLOSED']);
  });

  it('is silent while a commit takes longer than it may', async () => {
    let passedMs = 0;
    const bench = new Bench({ runtime: { ...systemRuntime, monotonic: () => passedMs }, commitMs: 100 });
    const call = bench.call(1);
    const { take, end } = await bench.next();
    expect(bench.queue.silence).toBeUndefined();
    passedMs = 101;
    expect(bench.queue.silence).toEqual({ loop: 'the group commit', step: 'one commit', silentMs: 101 });
    end(toldAll(take()));
    await call;
    await bench.queue.close();
    expect(bench.queue.silence).toBeUndefined();
  });
});

type Step =
  | { readonly kind: 'call'; readonly count: number; readonly hasSignal: boolean }
  | { readonly kind: 'abort'; readonly which: number; readonly isTimeout: boolean }
  | { readonly kind: 'take' | 'turn' | 'close' | 'end grace' }
  | { readonly kind: 'end'; readonly how: 'succeeds' | 'refuses every second' | 'fails' };

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('call' as const), count: fc.nat(BATCH_COUNT_MAX + 1), hasSignal: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('abort' as const), which: fc.nat(), isTimeout: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('end' as const), how: fc.constantFrom('succeeds' as const, 'refuses every second', 'fails') }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('close' as const, 'end grace') }) },
  ),
  { maxLength: 60 },
) as fc.Arbitrary<readonly Step[]>;

interface Call {
  readonly outcome: Promise<number | string>;
  readonly abort: AbortController;
  readonly count: number;
  expected: number | string | undefined;
}

/** What the queue promises, for one sequence of steps; the rules are written a second time here. */
class History {
  readonly #bench = new Bench();
  readonly #calls: Call[] = [];
  #waiting: number[] = [];
  #commit: Commit | undefined;
  #taken: readonly number[] | undefined;
  #closing: Promise<void> | undefined;

  async run(all: readonly Step[]): Promise<void> {
    for (const step of all) await this.#step(step);
    this.#closing ??= this.#bench.queue.close();
    let isClosed = false;
    void this.#closing.then(() => (isClosed = true));
    while (!isClosed) {
      this.#take();
      this.#end('succeeds');
      await this.#turn();
    }
    for (const [index, { outcome, expected, abort }] of this.#calls.entries()) {
      expect(await outcome, `call ${index}`).toBe(expected);
      expect(getEventListeners(abort.signal, 'abort'), `listeners of call ${index}`).toEqual([]);
    }
    expect([this.#waiting, this.#bench.commits, this.#bench.queue.silence]).toEqual([[], [], undefined]);
  }

  async #step(step: Step): Promise<void> {
    if (step.kind === 'call') this.#call(step.count, step.hasSignal);
    else if (step.kind === 'abort') this.#abort(step.which, step.isTimeout);
    else if (step.kind === 'take') this.#take();
    else if (step.kind === 'end') this.#end(step.how);
    else if (step.kind === 'close') this.#closing ??= this.#bench.queue.close();
    else if (step.kind === 'end grace' && this.#closing) this.#bench.endGrace();
    await this.#turn();
  }

  #call(count: number, hasSignal: boolean): void {
    const abort = new AbortController();
    const index = this.#calls.length;
    const outcome = outcomeOf(this.#bench.call(index, { count, ...(hasSignal && { signal: abort.signal }) }));
    const call: Call = { outcome, abort, count, expected: undefined };
    this.#calls.push(call);
    if (this.#closing) call.expected = 'EVENT_STORE_CLOSED';
    else if (this.#waiting.length >= PENDING_MAX) call.expected = `more than ${PENDING_MAX} calls`;
    else this.#waiting.push(index);
  }

  #abort(which: number, isTimeout: boolean): void {
    const index = this.#calls.length === 0 ? undefined : which % this.#calls.length;
    const call = index === undefined ? undefined : this.#calls[index];
    if (!call || index === undefined) return;
    const isHeard = getEventListeners(call.abort.signal, 'abort').length > 0;
    call.abort.abort(isTimeout ? new DOMException('too late', 'TimeoutError') : undefined);
    if (!isHeard || !this.#waiting.includes(index)) return;
    this.#waiting = this.#waiting.filter((one) => one !== index);
    call.expected = 'EVENT_STORE_ABORTED';
  }

  #take(): void {
    this.#commit ??= this.#bench.commits.shift();
    if (!this.#commit || this.#taken) return;
    this.#taken = this.#commit.take();
    const expected: number[] = [];
    let count = 0;
    for (const index of this.#waiting) {
      count += this.#calls[index]?.count ?? 0;
      if (expected.length > 0 && count > BATCH_COUNT_MAX) break;
      expected.push(index);
    }
    expect(this.#taken).toEqual(expected);
    this.#waiting.splice(0, expected.length);
  }

  #end(how: 'succeeds' | 'refuses every second' | 'fails'): void {
    this.#commit ??= this.#bench.commits.shift();
    const commit = this.#commit;
    if (!commit || (how !== 'fails' && !this.#taken)) return;
    const taken = this.#taken ?? [];
    // A commit that has nothing fails for those that wait.
    const concerned = taken.length === 0 && how === 'fails' ? this.#waiting.splice(0) : taken;
    for (const [place, index] of concerned.entries()) {
      const call = this.#calls[index] as Call;
      call.expected = how === 'fails' ? 'failed' : how !== 'succeeds' && place % 2 === 1 ? 'refused' : index;
    }
    this.#commit = this.#taken = undefined;
    if (how === 'fails') commit.fail(new Error('failed'));
    else commit.end(concerned.map((index) => (this.#calls[index]?.expected === 'refused' ? { refusal: new Error('refused') } : { result: index })));
  }

  /** After it, no commit that could begin has not begun. */
  async #turn(): Promise<void> {
    await turn();
    await turn();
    if (this.#commit || this.#bench.commits.length > 0) return;
    // Only a close whose time is over leaves calls without a commit.
    for (const index of this.#waiting.splice(0)) (this.#calls[index] as Call).expected = 'EVENT_STORE_CLOSED';
  }
}

describe('any history of a queue', () => {
  const seed = Number(process.env['PROPERTY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

  it(`answers every call once and with the truth (seed ${seed})`, async () => {
    console.log(`append queue: PROPERTY_SEED=${seed}`);
    const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 200);
    await fc.assert(
      fc.asyncProperty(steps, (all) => new History().run(all)),
      { seed, numRuns },
    );
  });
});
