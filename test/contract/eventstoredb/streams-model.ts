// A second, plain version of EventStoreDB's rules: one list of everything, searched from its beginning each time.
import type { Outcome } from './protocol-fixture.js';

export type Expected = bigint | 'any' | 'no_stream' | 'stream_exists';

export interface Written {
  readonly stream: string;
  readonly revision: bigint;
  /** Undefined: the server's own choice. */
  readonly id: string | undefined;
  readonly type: string;
  readonly atMs: number;
}

export interface Metadata {
  readonly maxCount?: number;
  /** Seconds. */
  readonly maxAge?: number;
  readonly truncateBefore?: number;
}

export interface StreamRead {
  readonly stream: string;
  readonly from: bigint | 'start' | 'end';
  readonly isBackwards: boolean;
  readonly count: number;
}

/** What became of a write. `last` is the event that a repeated write ended with when it was made. */
export interface Ruling {
  readonly outcome: Outcome;
  readonly last?: Written | undefined;
}

const TOMBSTONE = 2n ** 63n - 1n;
const NEVER_SEEN = 'never seen';

const DELETED: Ruling = { outcome: ['deleted'] };

export class StreamsModel {
  readonly all: Written[] = [];
  readonly #metadata = new Map<string, Metadata | 'deleted'>();
  readonly #tombstoned = new Set<string>();
  /** Ids of what was written before are not remembered without a revision. */
  #rememberedFrom = 0;

  append(stream: string, expected: Expected, events: readonly Pick<Written, 'id' | 'type'>[], atMs: number): Ruling {
    const ids = events.map(({ id }) => id);
    const ruled = this.#rule(stream, expected, ids);
    if (ruled) return ruled;
    const from = this.last(stream) + 1n;
    for (const [index, event] of events.entries()) this.all.push({ ...event, stream, revision: from + BigInt(index), atMs });
    const last = events.length > 0 ? this.all.at(-1) : undefined;
    if (this.#metadata.get(stream) === 'deleted') this.#note(stream, { truncateBefore: Number(from) }, atMs);
    return { outcome: ['ok', from + BigInt(events.length) - 1n], last };
  }

  softDelete(stream: string, expected: Expected, atMs: number): Ruling {
    const ruled = this.#rule(stream, expected, [NEVER_SEEN]);
    if (ruled) return ruled;
    if (this.last(stream) < 0n && !this.#metadata.has(stream)) return this.#wrong(stream);
    return this.#note(stream, 'deleted', atMs);
  }

  tombstone(stream: string, expected: Expected, atMs: number): Ruling {
    const ruled = this.#rule(stream, expected, [NEVER_SEEN]);
    if (ruled) return ruled;
    this.#tombstoned.add(stream);
    const last = { stream, revision: TOMBSTONE, id: undefined, type: '$streamDeleted', atMs };
    this.all.push(last);
    return { outcome: ['ok', TOMBSTONE], last };
  }

  describe(stream: string, expected: Expected, metadata: Metadata, atMs: number): Ruling {
    const ruled = this.#rule(metastreamOf(stream), expected, [NEVER_SEEN]);
    if (ruled) return ruled;
    const wasDeleted = this.#metadata.get(stream) === 'deleted';
    const ruling = this.#note(stream, metadata, atMs);
    if (wasDeleted) this.#note(stream, { ...metadata, truncateBefore: Number(this.last(stream) + 1n) }, atMs);
    return ruling;
  }

  /** As after a restart of the server. */
  forgetIds(): void {
    this.#rememberedFrom = this.all.length;
  }

  /** −1 for a stream that was never written. */
  last(stream: string): bigint {
    return BigInt(this.#of(stream).length) - 1n;
  }

  metadataOf(stream: string): Metadata | 'deleted' | undefined {
    return this.#metadata.get(stream);
  }

  read({ stream, from, isBackwards, count }: StreamRead, nowMs: number): readonly Written[] | 'deleted' | 'not found' {
    if (this.#isTombstoned(stream)) return 'deleted';
    if (this.last(stream) < 0n || this.#metadata.get(stream) === 'deleted') return 'not found';
    const visible = this.#visible(stream, nowMs);
    if (!isBackwards) return from === 'end' ? [] : visible.filter(({ revision }) => from === 'start' || revision >= from).slice(0, count);
    return visible
      .filter(({ revision }) => from === 'end' || revision <= (from === 'start' ? 0n : from))
      .toReversed()
      .slice(0, count);
  }

  #visible(stream: string, nowMs: number): readonly Written[] {
    const { maxCount = Infinity, maxAge = Infinity, truncateBefore = 0 } = this.#limitsOf(stream);
    const last = Number(this.last(stream));
    return this.#of(stream).filter(
      ({ revision, atMs }) => revision >= truncateBefore && Number(revision) > last - maxCount && atMs >= nowMs - maxAge * 1_000,
    );
  }

  #limitsOf(stream: string): Metadata {
    if (isMetastream(stream)) return { maxCount: 1 };
    const metadata = this.#metadata.get(stream);
    return metadata === 'deleted' || metadata === undefined ? {} : metadata;
  }

  /** Undefined: it is appended. */
  #rule(stream: string, expected: Expected, ids: readonly (string | undefined)[]): Ruling | undefined {
    if (this.#isTombstoned(stream)) return DELETED;
    const last = this.last(stream);
    const isDeleted = this.#metadata.get(stream) === 'deleted';
    if (expected === 'stream_exists' && isDeleted) return DELETED;
    if (expected === 'stream_exists' && last < 0n && !this.#metadata.has(stream)) return this.#wrong(stream);
    if (expected === 'any' || expected === 'stream_exists') return this.#ruleByMemory(stream, ids);
    const at = expected === 'no_stream' ? -1n : expected;
    if (at === last) return undefined;
    if (at > last || ids.length === 0) return this.#wrong(stream);
    const there = this.#of(stream).slice(Number(at) + 1, Number(at) + 1 + ids.length);
    if (there.length === ids.length && there.every(({ id }, index) => id === ids[index])) return repeated(there.at(-1));
    return expected === 'no_stream' && isDeleted && there[0]?.id !== ids[0] ? undefined : this.#wrong(stream);
  }

  #ruleByMemory(stream: string, ids: readonly (string | undefined)[]): Ruling | undefined {
    const places = ids.map((id) => this.#remembered(id));
    const here = places.map((written) => (written?.stream === stream ? written : undefined));
    if (here[0] === undefined) return undefined;
    return here.includes(undefined) ? this.#wrong(stream) : repeated(here.at(-1));
  }

  /** In the stream that the id came into last, its first place since then. */
  #remembered(id: string | undefined): Written | undefined {
    const places = this.all.slice(this.#rememberedFrom).filter((written) => written.id === id);
    const elsewhere = places.findLastIndex(({ stream }) => stream !== places.at(-1)?.stream);
    return places[elsewhere + 1];
  }

  #wrong(stream: string): Ruling {
    const last = this.last(stream);
    return { outcome: ['wrong', last < 0n ? 'no_stream' : last] };
  }

  #note(stream: string, metadata: Metadata | 'deleted', atMs: number): Ruling {
    const metastream = metastreamOf(stream);
    const last = { stream: metastream, revision: this.last(metastream) + 1n, id: undefined, type: '$metadata', atMs };
    this.all.push(last);
    this.#metadata.set(stream, metadata);
    return { outcome: ['ok', last.revision], last };
  }

  #isTombstoned(stream: string): boolean {
    return this.#tombstoned.has(isMetastream(stream) ? stream.slice(2) : stream);
  }

  #of(stream: string): readonly Written[] {
    return this.all.filter((written) => written.stream === stream && written.revision !== TOMBSTONE);
  }
}

export const metastreamOf = (stream: string): string => `$$${stream}`;
const isMetastream = (stream: string): boolean => stream.startsWith('$$');

const repeated = (last: Written | undefined): Ruling => ({ outcome: ['ok', last?.revision ?? -1n], last });
