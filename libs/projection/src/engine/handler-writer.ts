// Writes batches of a handler projection: its own writes and the checkpoint in one transaction of the read store.
import type { RecordedEvent } from '@mainstem/event-store';
import type { HandlerProjection } from '../definition/handler-projection.js';
import { RollingDigest } from '../digest/rolling-digest.js';
import { InvalidProjection } from '../definition/errors.js';
import type { CheckpointMove, ReadStoreSession, TransactionalSession } from '../read-store/read-store.js';
import { batchBefore, type Batch, type BatchWriter, type Replayed, type ReplayedEvent, type WriteOptions, type Written } from './batch-writer.js';
import type { CrashPoints } from './crash-points.js';
import { failureClassOf } from './failure-class.js';
import { BatchRefused, type Poison } from './failures.js';
import type { OpenGeneration, ParkingChanges } from './open-generation.js';
import { Parking, streamKeyOf } from './parking.js';

export class HandlerWriter implements BatchWriter {
  readonly #projection: HandlerProjection;
  readonly #crash: CrashPoints | undefined;

  constructor(projection: HandlerProjection, crash?: CrashPoints) {
    this.#projection = projection;
    this.#crash = crash;
  }

  async write(open: OpenGeneration, batch: Batch, options: WriteOptions): Promise<Written> {
    const digest = new RollingDigest(open.digest);
    const parking = new Parking(open.parkedKeys, options.condemned, options.nowMs);
    const { events, eventsApplied, poison } = this.#choose(batch.events, digest, parking);
    const { position } = poison ? batchBefore(poison, batch, open.position) : batch;
    const hasEffect = events.length + parking.events.length > 0;
    const isCommitted = hasEffect || ((options.isCheckpointDue || poison !== undefined) && position !== open.committed);
    if (isCommitted) await this.#commit(open, events, open.move(position, digest.toString()), { park: parking.events });
    else open.pass(position, digest.toString());
    return { eventsApplied, isCommitted, ...(poison && { poison }) };
  }

  /** One event a transaction, so that the one that fails again is known. */
  async replay(open: OpenGeneration, _key: string, events: readonly ReplayedEvent[]): Promise<Replayed> {
    for (let settled = 0; settled < events.length; settled++) {
      const { event, parked } = events[settled] as ReplayedEvent;
      const decoded = this.#decode(event);
      if ('error' in decoded) return { settled, poison: { event, key: parked.key, error: decoded.error } };
      await this.#commit(open, [decoded.event], open.move(open.position, open.digest), { unpark: [parked] });
    }
    return { settled: events.length };
  }

  /** Decodes what is to be applied, up to the first event that cannot be decoded. */
  #choose(
    batch: readonly RecordedEvent[],
    digest: RollingDigest,
    parking: Parking,
  ): { events: RecordedEvent[]; eventsApplied: number; poison?: Poison } {
    const events: RecordedEvent[] = [];
    let eventsApplied = 0;
    for (const recorded of batch) {
      if (!this.#projection.wanted.has(recorded.type)) continue;
      if (!parking.takesStream(recorded)) {
        const decoded = this.#decode(recorded);
        if ('error' in decoded) return { events, eventsApplied, poison: { event: recorded, key: streamKeyOf(recorded), error: decoded.error } };
        if (!parking.takes(recorded, decoded.key)) events.push(decoded.event);
      }
      digest.add(recorded.position, recorded.id);
      eventsApplied++;
    }
    return { events, eventsApplied };
  }

  #decode(recorded: RecordedEvent): { readonly event: RecordedEvent; readonly key: string } | { readonly error: unknown } {
    try {
      const event = this.#projection.wanted.decode(recorded);
      return { event, key: this.#projection.key(event) };
    } catch (error) {
      return { error };
    }
  }

  async #commit(open: OpenGeneration, events: readonly RecordedEvent[], checkpoint: CheckpointMove, parking: ParkingChanges): Promise<void> {
    if (this.#crash) await this.#crash.reach('before-commit', this.#projection.name);
    if (events.length === 0) await open.session.commit({ changes: [], checkpoint, ...parking });
    else await this.#transact(open.session, events, { checkpoint, ...parking });
    if (this.#crash) await this.#crash.reach('after-commit', this.#projection.name);
    open.committedTo(checkpoint, parking);
  }

  async #transact(
    session: ReadStoreSession,
    events: readonly RecordedEvent[],
    batch: { readonly checkpoint: CheckpointMove } & ParkingChanges,
  ): Promise<void> {
    if (!isTransactional(session)) throw new InvalidProjection(this.#projection.name, 'a handler projection needs a read store with transactions');
    try {
      await session.transact((transaction) => this.#projection.apply(transaction, events), batch);
    } catch (error) {
      const kind = failureClassOf(error, 'handler');
      // One event alone for which a statement takes longer than it may: the store has just answered, so it is what the handler does with it.
      if (kind !== 'event' && !(kind === 'batch' && events.length === 1)) throw error;
      const [event] = events;
      throw new BatchRefused(events, event && this.#projection.key(event), error);
    }
  }
}

const isTransactional = (session: ReadStoreSession): session is TransactionalSession<never> =>
  'transact' in session && typeof session.transact === 'function';
