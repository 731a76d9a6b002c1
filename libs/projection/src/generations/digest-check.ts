// Checks generations before their promotion: the digest of their applied events must equal the event store's.
import {
  OperationAborted,
  isPositionBefore,
  laterPosition,
  type EventId,
  type EventReader,
  type Position,
  type Runtime,
} from '@mainstem/event-store';
import { filterFor, type WantedEvents } from '../definition/wanted-events.js';
import { RollingDigest } from '../read-store/rolling-digest.js';
import type { Hosted } from '../definition/hosted-projection.js';
import { RebuildNotVerified } from './errors.js';

/** The longest wait for others to join a read of the event store, and the interval of checking. */
const GATHER_MAX_MS = 10_000;
const GATHER_LOOK_MS = 20;
const BATCH_SIZE_MAX = 10_000;

export interface DigestCheckOptions {
  readonly reader: EventReader;
  readonly runtime: Runtime;
  /** The number of projections that are about to ask; the read waits briefly for them. Default none. */
  readonly expected?: () => number;
}

/** The claim of a generation about its applied events. */
export interface DigestClaim {
  readonly projection: Hosted['projection'];
  readonly generation: number;
  readonly position: Position | undefined;
  readonly digest: string;
}

interface Request extends DigestClaim {
  readonly signal: AbortSignal;
  readonly resolve: (events: number) => void;
  readonly reject: (error: unknown) => void;
}

/** The event store's digest for all claims with the same types and position. */
class Expectation {
  readonly wanted: WantedEvents;
  readonly position: Position | undefined;
  readonly #digest = new RollingDigest();
  events = 0;

  constructor({ projection, position }: DigestClaim) {
    this.wanted = projection.wanted;
    this.position = position;
  }

  get digest(): string {
    return this.#digest.toString();
  }

  add(position: Position, id: EventId): void {
    this.#digest.add(position, id);
    this.events++;
  }
}

/**
 * Reads the event store once for all callers at the same time, without payloads: the digest depends only on positions,
 * ids and types. A damaged digest shows like a hole, a repetition or an exchange of events anywhere between the event
 * store and the checkpoint.
 */
export class DigestCheck {
  readonly #options: DigestCheckOptions;
  readonly #waiting: Request[] = [];
  #isReading = false;

  constructor(options: DigestCheckOptions) {
    this.#options = options;
  }

  /** Callers that wait for the next read. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves with the number of wanted events up to the position. Errors: REBUILD_NOT_VERIFIED, EVENT_STORE_ABORTED,
   * those of the event store.
   */
  verify(claim: DigestClaim, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...claim, signal, resolve, reject });
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
      const end = requests.reduce<Position | undefined>((last, { position }) => laterPosition(last, position), undefined);
      const expectations = expectationsOf(requests);
      if (end !== undefined) await this.#fold([...new Set(expectations.values())], end, wanted.signal);
      for (const [request, expectation] of expectations) settle(request, expectation);
    } catch (error) {
      for (const { reject } of requests) reject(error);
    } finally {
      wanted.dispose();
    }
  }

  async #fold(expectations: readonly Expectation[], end: Position, signal: AbortSignal): Promise<void> {
    const filter = filterFor(expectations);
    for await (const events of this.#options.reader.readAll({ filter, batchSizeMax: BATCH_SIZE_MAX, needsPayload: false, signal })) {
      for (const event of events) {
        for (const expectation of expectations) {
          if (!isPositionBefore(expectation.position, event.position) && expectation.wanted.wants(event)) expectation.add(event.position, event.id);
        }
      }
      const last = events.at(-1);
      if (last && last.position >= end) return;
    }
    if (signal.aborted) throw new OperationAborted('the check of a generation', signal.reason);
  }
}

/** A signal that fires when no caller is left; a caller that gives up is answered at once and blocks no other. */
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

/** Many projections of one rebuild want the same: their digest is computed once. */
const expectationsOf = (requests: readonly Request[]): ReadonlyMap<Request, Expectation> => {
  const known = new Map<string, Expectation>();
  const ofRequest = (request: Request): Expectation => {
    const what = JSON.stringify([String(request.position), request.projection.wanted.pairs]);
    const expectation = known.get(what) ?? new Expectation(request);
    known.set(what, expectation);
    return expectation;
  };
  return new Map(requests.map((request) => [request, ofRequest(request)]));
};

const settle = ({ projection, generation, digest, resolve, reject }: Request, expectation: Expectation): void => {
  if (expectation.digest === digest) resolve(expectation.events);
  else reject(new RebuildNotVerified(projection.name, generation, expectation.digest, digest));
};
