// Writes batches of a handler projection: its own writes and the checkpoint, in one transaction of the read store.
import type { RecordedEvent } from '@mainstem/event-store';
import type { HandlerProjection } from '../definition/handler-projection.js';
import { RollingDigest } from '../read-store/rolling-digest.js';
import { InvalidProjection } from '../definition/errors.js';
import type { CheckpointMove, ReadStoreSession, TransactionalSession } from '../read-store/read-store.js';
import {
  batchBefore,
  type Batch,
  type BatchWriter,
  type Replayed,
  type ReplayedEvent,
  type ReplaySource,
  type WriteOptions,
  type Written,
} from './batch-writer.js';
import type { CrashPoints } from '../generations/crash-points.js';
import { failureClassOf } from '../fold/failure-class.js';
import { ReplayRefused } from './errors.js';
import { BatchRefused, type Poison } from '../fold/batch-refused.js';
import { HandlerOrder } from './handler-order.js';
import type { OpenGeneration, ParkingChanges } from '../generations/open-generation.js';
import { placesOf, type Place } from './parked-places.js';
import { parkedEventOf, Parking, streamKeyOf } from '../fold/parking.js';

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
    const { position, lastEvent } = poison ? batchBefore(poison, batch, open.position) : batch;
    const move = open.move(position, digest.toString(), lastEvent);
    const hasEffect = events.length + parking.events.length > 0;
    const isCommitted = hasEffect || ((options.isCheckpointDue || poison !== undefined) && position !== open.committed);
    if (isCommitted) await this.#commit(open, events, move, { park: parking.events });
    else open.pass(move);
    return { eventsApplied, isCommitted, ...(poison && { poison }) };
  }

  /**
   * One event for each transaction, so that the one that fails again is known. A handler's effects cannot be made anew
   * for one key: an event that later ones of its key have overtaken stays parked, and the reason says so.
   */
  async replay(open: OpenGeneration, list: string, events: readonly ReplayedEvent[], source: ReplaySource): Promise<Replayed> {
    const { places, poison } = placesOf(events, (recorded) => this.#placeOf(recorded));
    const order = await HandlerOrder.of(this.#projection, { open, list, places, ...source });
    let replayed = 0;
    for (let settled = 0; settled < places.length; settled++) {
      const { parked } = events[settled] as ReplayedEvent;
      const { event, keys } = places[settled] as Place;
      const key = keys[0] as string;
      const overtakenBy = order.overtakenBy(event, key);
      if (overtakenBy !== undefined) {
        const error = new ReplayRefused(
          this.#projection.name,
          event.position,
          `the event at position ${overtakenBy} of its key ${key} was applied before it`,
        );
        return { settled, replayed, withoutDocument: 0, poison: { event, key, error } };
      }
      const move = open.move(open.position, open.digest);
      if (order.waits(event, key)) {
        const park = order.isParked(event.position, key) ? [] : [parkedEventOf(event, key, '', new Date(source.nowMs).toISOString())];
        await this.#commit(open, [], move, { unpark: [parked], park });
        continue;
      }
      try {
        await this.#commit(open, [event], move, { unpark: [parked] });
      } catch (error) {
        if (!(error instanceof BatchRefused)) throw error;
        return { settled, replayed, withoutDocument: 0, poison: { event, key, error: error.cause } };
      }
      replayed++;
    }
    return { settled: places.length, replayed, withoutDocument: 0, ...(poison && { poison }) };
  }

  #placeOf(recorded: RecordedEvent): Place {
    const decoded = this.#decode(recorded);
    if ('error' in decoded) throw decoded.error;
    return { event: decoded.event, keys: [decoded.key] };
  }

  /** Decodes the events to apply, up to the first one that cannot be decoded. */
  #choose(
    batch: readonly RecordedEvent[],
    digest: RollingDigest,
    parking: Parking,
  ): { events: RecordedEvent[]; eventsApplied: number; poison?: Poison } {
    const events: RecordedEvent[] = [];
    let eventsApplied = 0;
    for (const recorded of batch) {
      if (!this.#projection.wanted.wants(recorded)) continue;
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
      // A statement of a single event takes too long, but the store has just answered: the handler is the cause.
      if (kind !== 'event' && !(kind === 'batch' && events.length === 1)) throw error;
      const [event] = events;
      throw new BatchRefused(events, event && this.#projection.key(event), error);
    }
  }
}

const isTransactional = (session: ReadStoreSession): session is TransactionalSession<never> =>
  'transact' in session && typeof session.transact === 'function';
