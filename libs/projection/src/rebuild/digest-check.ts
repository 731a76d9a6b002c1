// Checks generations before they are promoted: the digest of what they have applied must be that of what the event store holds.
import { OperationAborted, type EventReader, type Position, type Runtime } from '@mainstem/event-store';
import { RollingDigest } from '../digest/rolling-digest.js';
import type { AnyProjection } from '../engine/hosted-projection.js';
import { RebuildNotVerified } from '../errors.js';

/** Longest wait for others to join a read of the event store, and how often it is looked who has. */
const GATHER_MAX_MS = 10_000;
const GATHER_LOOK_MS = 20;
const BATCH_SIZE_MAX = 10_000;

export interface DigestCheckOptions {
  readonly reader: EventReader;
  readonly runtime: Runtime;
  /** How many projections are about to ask soon; the read waits a moment for them. Default none. */
  readonly expected?: () => number;
}

/** What a generation claims to have applied. */
export interface DigestClaim {
  readonly projection: AnyProjection;
  readonly generation: number;
  readonly position: Position | undefined;
  readonly digest: string;
}

interface Request extends DigestClaim {
  readonly signal: AbortSignal;
  readonly actual: RollingDigest;
  events: number;
  readonly resolve: (events: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads the event store once for all that ask at the same time, without payloads: positions, ids and types are all that the digest rests on, and
 * a damaged one shows like a hole, a repetition or an exchange of events anywhere between the event store and the checkpoint.
 */
export class DigestCheck {
  readonly #options: DigestCheckOptions;
  readonly #waiting: Request[] = [];
  #isReading = false;

  constructor(options: DigestCheckOptions) {
    this.#options = options;
  }

  /** Those who wait for the next read. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves with the number of wanted events up to the position. Errors: REBUILD_NOT_VERIFIED, EVENT_STORE_ABORTED, those of the event store. */
  verify(claim: DigestClaim, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...claim, signal, actual: new RollingDigest(), events: 0, resolve, reject });
      void this.#readAll();
    });
  }

  async #readAll(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#waiting.length > 0) {
        await this.#gather();
        await this.#read(this.#waiting.splice(0));
      }
    } finally {
      this.#isReading = false;
    }
  }

  async #gather(): Promise<void> {
    const { runtime, expected = () => 0 } = this.#options;
    const deadline = runtime.monotonic() + GATHER_MAX_MS;
    const isWanted = (): boolean => this.#waiting.some(({ signal }) => !signal.aborted);
    while (expected() > 0 && runtime.monotonic() < deadline && isWanted()) await runtime.sleep(GATHER_LOOK_MS);
  }

  async #read(requests: readonly Request[]): Promise<void> {
    const wanted = whileWanted(requests);
    try {
      const end = requests.reduce<Position | undefined>((last, { position }) => (isBeyond(position, last) ? position : last), undefined);
      if (end !== undefined) await this.#fold(requests, end, wanted.signal);
      for (const request of requests) settle(request);
    } catch (error) {
      for (const { reject } of requests) reject(error);
    } finally {
      wanted.dispose();
    }
  }

  async #fold(requests: readonly Request[], end: Position, signal: AbortSignal): Promise<void> {
    const types = [...new Set(requests.flatMap(({ projection }) => projection.wanted.types))];
    for await (const events of this.#options.reader.readAll({ filter: { types }, batchSizeMax: BATCH_SIZE_MAX, needsPayload: false, signal })) {
      for (const { type, position, id } of events) {
        for (const request of requests) {
          if (isBeyond(position, request.position) || !request.projection.wanted.has(type)) continue;
          request.actual.add(position, id);
          request.events++;
        }
      }
      const last = events.at(-1);
      if (last && last.position >= end) return;
    }
    if (signal.aborted) throw new OperationAborted('the check of a generation', signal.reason);
  }
}

/** A signal that fires when none of them is wanted any more; one that is given up is told so at once and holds up no other. */
const whileWanted = (requests: readonly Request[]): { readonly signal: AbortSignal; dispose(): void } => {
  const over = new AbortController();
  const disposals = requests.map(({ signal, reject }) => {
    const leave = (): void => {
      reject(new OperationAborted('the check of a generation', signal.reason));
      if (requests.every((request) => request.signal.aborted)) over.abort();
    };
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    return () => signal.removeEventListener('abort', leave);
  });
  return { signal: over.signal, dispose: () => disposals.forEach((dispose) => dispose()) };
};

const settle = ({ projection, generation, digest, actual, events, resolve, reject }: Request): void => {
  if (actual.toString() === digest) resolve(events);
  else reject(new RebuildNotVerified(projection.name, generation, actual.toString(), digest));
};

const isBeyond = (position: Position | undefined, end: Position | undefined): boolean =>
  position !== undefined && (end === undefined || position > end);
