// Writes batches of a reaction: first the effects, those of each key in order, and then the checkpoint.
import type { Position, RecordedEvent } from '@mainstem/event-store';
import type { Reaction, ReactionContext } from '../definition/reaction.js';
import type { Poison } from '../fold/batch-refused.js';
import { failureClassOf } from '../fold/failure-class.js';
import { parkedEventOf, Parking, streamKeyOf } from '../fold/parking.js';
import type { CrashPoints } from '../generations/crash-points.js';
import type { OpenGeneration, ParkingChanges } from '../generations/open-generation.js';
import { RollingDigest } from '../read-store/rolling-digest.js';
import type { CheckpointMove } from '../read-store/read-store.js';
import {
  batchBefore,
  partOf,
  type Batch,
  type BatchWriter,
  type Replayed,
  type ReplayedEvent,
  type ReplaySource,
  type WriteOptions,
  type Written,
} from './batch-writer.js';
import { placesOf } from './parked-places.js';

/** Events of one commit: their effects are made again if the process ends before it. */
const EVENTS_MAX = 500;
/** Keys whose effects are made at the same time. */
const KEYS_AT_ONCE = 128;

export class ReactionWriter implements BatchWriter {
  readonly #reaction: Reaction;
  readonly #context: ReactionContext;
  readonly #crash: CrashPoints | undefined;

  constructor(reaction: Reaction, context: ReactionContext, crash?: CrashPoints) {
    this.#reaction = reaction;
    this.#context = context;
    this.#crash = crash;
  }

  async write(open: OpenGeneration, batch: Batch, options: WriteOptions): Promise<Written> {
    let eventsApplied = 0;
    let isCommitted = false;
    for (let from = 0; ; from += EVENTS_MAX) {
      const rest = { ...batch, events: batch.events.slice(from) };
      const isLast = rest.events.length <= EVENTS_MAX;
      const written = await this.#writePart(open, isLast ? rest : partOf(rest, EVENTS_MAX, open.position), options);
      eventsApplied += written.eventsApplied;
      isCommitted ||= written.isCommitted;
      if (isLast || written.poison) return { ...written, eventsApplied, isCommitted };
    }
  }

  /**
   * One event for each commit, so that each effect is known. Other streams' events with the same key may have had
   * theirs before.
   */
  async replay(open: OpenGeneration, list: string, events: readonly ReplayedEvent[], _: ReplaySource): Promise<Replayed> {
    const { places, poison } = placesOf(events, (recorded) => {
      const event = this.#reaction.wanted.decode(recorded);
      const key = this.#reaction.key(event);
      return { event, keys: key === null ? [] : [key] };
    });
    const sum = { replayed: 0, withoutDocument: 0 };
    for (const [settled, { event, keys }] of places.entries()) {
      const { parked } = events[settled] as ReplayedEvent;
      const [key] = keys;
      const move = open.move(open.position, open.digest);
      // Its own key has parked events, too: it lines up behind them.
      if (key !== undefined && key !== list && open.parkedKeys.has(key)) {
        await this.#commit(open, move, { unpark: [parked], park: [parkedEventOf(event, key, '', parked.parkedAt)] });
        continue;
      }
      if (key === undefined) sum.withoutDocument++;
      else {
        const failure = await this.#react([{ event, key }]);
        if (failure) return { settled, ...sum, poison: failure };
        sum.replayed++;
      }
      await this.#commit(open, move, { unpark: [parked] });
    }
    return { settled: places.length, ...sum, ...(poison && { poison }) };
  }

  async #writePart(open: OpenGeneration, batch: Batch, options: WriteOptions): Promise<Written> {
    const parking = new Parking(open.parkedKeys, options.condemned, options.nowMs);
    const { due, poison: undecodable } = this.#choose(batch.events, parking);
    const poison = earlier(await this.#react(due), undecodable);
    const { events, position, lastEvent } = poison ? batchBefore(poison, batch, open.position) : batch;
    const digest = new RollingDigest(open.digest);
    let eventsApplied = 0;
    for (const event of events) {
      if (!this.#reaction.wanted.wants(event)) continue;
      digest.add(event.position, event.id);
      eventsApplied++;
    }
    const park = poison ? parking.events.filter((parked) => parked.position < poison.event.position) : parking.events;
    const move = open.move(position, digest.toString(), lastEvent);
    const isCommitted = eventsApplied > 0 || ((options.isCheckpointDue || poison !== undefined) && position !== open.committed);
    if (isCommitted) await this.#commit(open, move, { park });
    else open.pass(move);
    return { eventsApplied, isCommitted, ...(poison && { poison }) };
  }

  /** What has an effect, up to the first event that cannot be decoded. */
  #choose(batch: readonly RecordedEvent[], parking: Parking): { readonly due: readonly Due[]; readonly poison?: Poison } {
    const due: Due[] = [];
    for (const recorded of batch) {
      if (!this.#reaction.wanted.wants(recorded) || parking.takesStream(recorded)) continue;
      try {
        const event = this.#reaction.wanted.decode(recorded);
        const key = this.#reaction.key(event);
        if (key !== null && !parking.takes(event, key)) due.push({ event, key });
      } catch (error) {
        return { due, poison: { event: recorded, key: streamKeyOf(recorded), error } };
      }
    }
    return { due };
  }

  /**
   * Resolves with the first failure of an event, in their order. Later events may have had their effects. Errors:
   * trouble.
   */
  async #react(due: readonly Due[]): Promise<Poison | undefined> {
    const byKey = new Map<string, Due[]>();
    for (const one of due) {
      const ofKey = byKey.get(one.key);
      if (ofKey) ofKey.push(one);
      else byKey.set(one.key, [one]);
    }
    const keys = byKey.values();
    const found: Found = { failure: undefined, trouble: undefined };
    const lane = async (): Promise<void> => {
      for (const ofKey of keys) await this.#reactTo(ofKey, found);
    };
    await Promise.all(Array.from({ length: Math.min(KEYS_AT_ONCE, byKey.size) }, lane));
    if (found.trouble) throw found.trouble.error;
    return found.failure;
  }

  async #reactTo(due: readonly Due[], found: Found): Promise<void> {
    if (await this.#reactToSeveral(due, found)) return;
    for (const { event, key } of due) {
      // Behind a failure everything is done again later.
      if (found.trouble || (found.failure && placeOf(found.failure) < event.position)) return;
      try {
        await this.#reaction.react(event, this.#context);
      } catch (error) {
        if (this.#isTrouble(error)) found.trouble ??= { error };
        else found.failure = earlier(found.failure, { event, key, error });
        return;
      }
    }
  }

  /** False: the effects have to be made one by one. */
  async #reactToSeveral(due: readonly Due[], found: Found): Promise<boolean> {
    const { reactToSeveral } = this.#reaction;
    if (!reactToSeveral || due.length < 2) return false;
    try {
      await reactToSeveral(
        due.map(({ event }) => event),
        this.#context,
      );
      return true;
    } catch (error) {
      if (!this.#isTrouble(error)) return false;
      found.trouble ??= { error };
      return true;
    }
  }

  #isTrouble(error: unknown): boolean {
    return this.#context.signal.aborted || this.#reaction.isTrouble(error) || failureClassOf(error, 'handler') !== 'event';
  }

  async #commit(open: OpenGeneration, checkpoint: CheckpointMove, parking: ParkingChanges): Promise<void> {
    if (this.#crash) await this.#crash.reach('before-commit', this.#reaction.name);
    await open.session.commit({ changes: [], checkpoint, ...parking });
    if (this.#crash) await this.#crash.reach('after-commit', this.#reaction.name);
    open.committedTo(checkpoint, parking);
  }
}

interface Due {
  readonly event: RecordedEvent;
  readonly key: string;
}

interface Found {
  /** The first in order so far. */
  failure: Poison | undefined;
  trouble: { readonly error: unknown } | undefined;
}

const placeOf = (poison: Poison): Position => poison.event.position;

const earlier = (left: Poison | undefined, right: Poison | undefined): Poison | undefined => {
  if (!left || !right) return left ?? right;
  return placeOf(right) < placeOf(left) ? right : left;
};
