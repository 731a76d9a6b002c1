// A subscription that survives lost connections: it goes on where it was, whatever happens in between.
import { codedText, isMainstemError, type EventId, type EventMark, type Position, type SubscriptionBatch } from '@mainstem/event-store';
import type { Subscription } from '@mainstem/event-store/adapter';
import { BackOff } from './back-off.js';
import type { ClearStretches } from './clear-stretches.js';
import { CatchUpSubscription } from './catch-up-subscription.js';
import type { ConnectionHealth, Following } from './connection-health.js';
import { EventStoreUnavailable } from './errors.js';
import { assertSameLog, eventAt } from './event-at.js';
import { isSystemEvent } from './event-mapping.js';
import type { EventsReader } from './events-reader.js';
import type { LocalAppends } from './local-appends.js';
import type { OpenRead } from './guarded-client.js';
import type { StoreContext } from './store-context.js';
import type { TailEvent } from './store-tail.js';
import { probeTail } from './tail-probe.js';
import { connectionGivenUp, isTransient, isUnreachable, translateError } from './translate-error.js';
import { untilAborted, within } from './within.js';

/** After this time without an event, the subscription looks at the newest events. */
const IDLE_MS = 250;
/** How long an append of this process may take to arrive before the subscription looks for it. */
const ARRIVAL_MS = 20;
/** How long a wanted event may be known and not arrive. */
const STALL_MS = 10_000;

export interface SupervisedSubscriptionOptions extends StoreContext {
  readonly reader: EventsReader;
  readonly health: ConnectionHealth;
  readonly appends: LocalAppends;
  readonly stretches: ClearStretches;
}

/** Ends when the signal fires. Errors: those that no retry mends, EVENT_STORE_RESTORED and EVENT_STORE_CLOSED. */
export async function* supervisedSubscription(
  { after, signal, ...rest }: Subscription,
  options: SupervisedSubscriptionOptions,
): AsyncGenerator<SubscriptionBatch> {
  const { runtime, holder, timeouts, health, redact, stretches } = options;
  const backOff = new BackOff(runtime, { delayMsMin: 1_000, retryDelayMs: 500, retryDelayMaxMs: 8_000 });
  const following = health.follow();
  const record = stretches.record(rest.filter);
  let position = after;
  let lastWanted = after;
  let mark: EventMark | undefined;
  let hasToldCaughtUp = false;
  try {
    while (!signal.aborted) {
      const held = holder.current();
      let hasAnswered = false;
      try {
        const check = mark ? assertSameLog(held.openRead, 'subscribe', mark).then(() => mark) : markAt(held.openRead, position);
        mark = await untilAborted(within(check, timeouts.answerMs, 'subscribe', runtime), signal, 'subscribe');
        for await (const batch of oneSubscription({ after: stretches.skip(rest.filter, position), signal, ...rest }, options, { held, following })) {
          hasAnswered = true;
          following.isWell();
          backOff.reset();
          const isNews = batch.events.length > 0 || batch.position !== position || (batch.isCaughtUp && !hasToldCaughtUp);
          position = batch.position;
          mark = markOf(batch.lastEvent ?? batch.events.at(-1)) ?? mark;
          lastWanted = batch.events.at(-1)?.position ?? lastWanted;
          record.note({ after: lastWanted, until: position });
          hasToldCaughtUp ||= batch.isCaughtUp;
          if (isNews) yield batch;
        }
        return;
      } catch (error) {
        // The store that comes back may hold another state of the log.
        record.forget();
        if (signal.aborted) return;
        if (isMainstemError(error, 'EVENT_STORE_RESTORED')) stretches.forgetAll();
        const translated = translateError(error, { name: 'subscribe' }, redact);
        if (!isTransient(translated)) throw translated;
        following.isTroubled(codedText(translated));
        if (error instanceof EventStoreUnavailable || (!hasAnswered && isUnreachable(error))) holder.renew(held, error);
        // The next caught-up mark is news again: events may have been missed meanwhile.
        hasToldCaughtUp = false;
        following.heartbeat.idle(); // its trouble is already reported
        await backOff.wait(signal);
      }
    }
  } finally {
    record.forget();
    following.end();
  }
}

async function* oneSubscription(
  { after, filter, batchSize, signal }: Subscription,
  { runtime, holder, timeouts, reader, appends, redact }: SupervisedSubscriptionOptions,
  {
    held: { openRead, abandoned },
    following: { heartbeat },
  }: { readonly held: ReturnType<StoreContext['holder']['current']>; readonly following: Following },
): AsyncGenerator<SubscriptionBatch> {
  heartbeat.busy('the end of the store');
  const answer = <Answer>(work: Promise<Answer>): Promise<Answer> =>
    untilAborted(within(work, timeouts.answerMs, 'subscribe', runtime), signal, 'subscribe');
  let seen = await answer(reader.tail.look(openRead));
  const head = seen?.position;
  const ending = AbortSignal.any([signal, abandoned]);
  const subscription = new CatchUpSubscription({ after, filter, batchSize, head }, { openRead, runtime, signal: ending });
  const stopListening = appends.listen(() => subscription.wake());
  let heardAt = runtime.monotonic();
  const assertNotSilent = (timeoutMs: number, problem: string): void => {
    if (runtime.monotonic() - heardAt >= timeoutMs) throw new EventStoreUnavailable('subscribe', problem);
  };
  try {
    while (!signal.aborted) {
      // `current` throws if the store was closed.
      if (abandoned.aborted && holder.current()) throw connectionGivenUp('subscribe', abandoned, redact);
      const batch = subscription.take();
      if (batch) {
        heartbeat.idle(); // it is the reader's turn
        yield withMark(batch, seen);
        heardAt = runtime.monotonic();
        continue;
      }
      heartbeat.busy('news and the newest events');
      if (subscription.isGathering) {
        await subscription.wait(ARRIVAL_MS);
        continue;
      }
      const isExpecting = appends.isBeyond(subscription.position);
      await subscription.wait(isExpecting && !reader.tail.isResting ? ARRIVAL_MS : IDLE_MS);
      const isWokenByAppend = !isExpecting && appends.isBeyond(subscription.position);
      if (ending.aborted || subscription.hasSomething || isWokenByAppend) continue;
      if (!subscription.isConfirmed) assertNotSilent(timeouts.answerMs, 'the server did not confirm the subscription');
      // Everything before the seen end was delivered in order: a checkpoint up to there is credible from now on.
      const tail = (seen = await answer(reader.tail.glance(openRead)));
      subscription.seenEnd(tail?.position);
      if (subscription.hasSomething) continue;
      if (subscription.hasMoved && !subscription.isLive) {
        // The server searches and reports its progress; the same search here would take as long.
        heardAt = runtime.monotonic();
        continue;
      }
      if (reader.probes.isUsedUp) continue;
      const probe = await answer(probeTail(openRead, subscription.position, tail, filter));
      reader.probes.use(probe.bytes);
      if (subscription.hasSomething) continue;
      if (probe.wanted === undefined) heardAt = runtime.monotonic();
      else assertNotSilent(STALL_MS, 'an event is there and does not come');
      const skipped = subscription.isConfirmed && probe.isEnd ? subscription.skipTo(probe.skippable) : undefined;
      if (!skipped) continue;
      heartbeat.idle();
      yield withMark(skipped, tail);
    }
  } finally {
    stopListening();
    subscription.end();
  }
}

/** The event at the start of a subscription, which identifies the log. An event of the server's own may be removed. */
const markAt = async (openRead: OpenRead, position: Position | undefined): Promise<EventMark | undefined> => {
  const event = position === undefined ? undefined : await eventAt(openRead, position);
  return event && !isSystemEvent(event) && position !== undefined ? { position, id: event.id as EventId } : undefined;
};

/** Without the event's payload. */
const markOf = (event: EventMark | undefined): EventMark | undefined => event && { position: event.position, id: event.id };

/** Adds the mark to a batch that ends at the end of the store, unless that event is the server's own and may go. */
const withMark = (batch: SubscriptionBatch, tail: TailEvent | undefined): SubscriptionBatch =>
  tail && !tail.isSystem && batch.position === tail.position ? { ...batch, lastEvent: { position: tail.position, id: tail.id } } : batch;
