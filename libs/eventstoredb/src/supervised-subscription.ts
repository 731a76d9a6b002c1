// A subscription that outlives its connections: it goes on where it was, whatever happens in between.
import type { Position, Runtime, Subscription, SubscriptionBatch } from '@mainstem/event-store';
import { BackOff } from './back-off.js';
import { CatchUpSubscription } from './catch-up-subscription.js';
import type { ConnectionHealth, Following } from './connection-health.js';
import { EventStoreUnavailable } from './errors.js';
import type { EventsReader } from './events-reader.js';
import type { LocalAppends } from './local-appends.js';
import type { StoreContext } from './store-context.js';
import { probeTail } from './tail-probe.js';
import { isTransient, isUnreachable, translateError } from './translate-error.js';
import { within } from './within.js';

/** How long nothing has to come before the newest events are looked at. */
const IDLE_MS = 250;
/** How long an append of this process may take to come through the subscription before it is looked for. */
const ARRIVAL_MS = 20;
/** How long a wanted event may be known and not delivered. */
const STALL_MS = 10_000;

export interface SupervisedSubscriptionOptions extends StoreContext {
  readonly reader: EventsReader;
  readonly health: ConnectionHealth;
  readonly appends: LocalAppends;
}

/** Ends when the signal fires. Errors: those that another attempt would not mend, and EVENT_STORE_CLOSED. */
export async function* supervisedSubscription(
  { after, signal, ...rest }: Subscription,
  options: SupervisedSubscriptionOptions,
): AsyncGenerator<SubscriptionBatch> {
  const { runtime, holder, health, redact } = options;
  const backOff = new BackOff(runtime, { delayMsMin: 1_000, delayMs: 500, delayMsMax: 8_000 });
  const following = health.follow();
  let position = after;
  let hasToldCaughtUp = false;
  try {
    while (!signal.aborted) {
      const held = holder.current();
      let hasAnswered = false;
      try {
        for await (const batch of oneSubscription({ after: position, signal, ...rest }, options, { held, following })) {
          hasAnswered = true;
          following.isWell();
          backOff.reset();
          const isNews = batch.events.length > 0 || batch.position !== position || (batch.isCaughtUp && !hasToldCaughtUp);
          position = batch.position;
          hasToldCaughtUp ||= batch.isCaughtUp;
          if (isNews) yield batch;
        }
        return;
      } catch (error) {
        if (signal.aborted) return;
        const translated = translateError(error, { name: 'subscribe' }, redact);
        if (!isTransient(translated)) throw translated;
        following.isTroubled(translated.message);
        if (error instanceof EventStoreUnavailable || (!hasAnswered && isUnreachable(error))) holder.renew(held);
        // The next caught-up mark is news again: meanwhile anything may have been missed.
        hasToldCaughtUp = false;
        following.heartbeat.idle(); // its trouble is told already
        await backOff.wait(signal);
      }
    }
  } finally {
    following.end();
  }
}

async function* oneSubscription(
  { after, filter, batchSize, signal }: Subscription,
  { runtime, holder, timeouts, reader, appends }: SupervisedSubscriptionOptions,
  {
    held: { openRead, abandoned },
    following: { heartbeat },
  }: { readonly held: ReturnType<StoreContext['holder']['current']>; readonly following: Following },
): AsyncGenerator<SubscriptionBatch> {
  heartbeat.busy('the end of the store');
  const head = await headWithin(reader, timeouts.answerMs, runtime, signal);
  const ending = AbortSignal.any([signal, abandoned]);
  const subscription = new CatchUpSubscription({ after, filter, batchSize, head }, { openRead, runtime, signal: ending });
  const stopListening = appends.listen(() => subscription.wake());
  let heardAt = runtime.monotonic();
  const assertNotSilent = (timeoutMs: number, problem: string): void => {
    if (runtime.monotonic() - heardAt >= timeoutMs) throw new EventStoreUnavailable('subscribe', problem);
  };
  try {
    while (!signal.aborted) {
      // The first throws if it is the store that was closed.
      if (abandoned.aborted && holder.current()) throw new EventStoreUnavailable('subscribe', 'the connection was given up');
      const batch = subscription.take();
      if (batch) {
        heartbeat.idle(); // it is the reader's turn
        yield batch;
        heardAt = runtime.monotonic();
        continue;
      }
      heartbeat.busy('news and the newest events');
      if (subscription.isGathering) {
        await subscription.wait(ARRIVAL_MS);
        continue;
      }
      const isExpecting = appends.isBeyond(subscription.position);
      await subscription.wait(isExpecting ? ARRIVAL_MS : IDLE_MS);
      const isWokenByAppend = !isExpecting && appends.isBeyond(subscription.position);
      if (ending.aborted || subscription.hasSomething || isWokenByAppend) continue;
      if (!subscription.isConfirmed) assertNotSilent(timeouts.answerMs, 'the server did not confirm the subscription');
      const probe = await within(probeTail(openRead, subscription.position, filter), timeouts.answerMs, 'subscribe', runtime);
      if (subscription.hasSomething) continue;
      if (probe.wanted === undefined) heardAt = runtime.monotonic();
      else assertNotSilent(STALL_MS, 'an event is there and does not come');
      const skipped = subscription.isConfirmed && probe.isEnd ? subscription.skipTo(probe.skippable) : undefined;
      if (!skipped) continue;
      heartbeat.idle();
      yield skipped;
    }
  } finally {
    stopListening();
    subscription.end();
  }
}

const headWithin = async (reader: EventsReader, timeoutMs: number, runtime: Runtime, signal: AbortSignal): Promise<Position | undefined> => {
  const late = new AbortController();
  try {
    return await within(reader.head(AbortSignal.any([signal, late.signal])), timeoutMs, 'subscribe', runtime);
  } finally {
    late.abort();
  }
};
