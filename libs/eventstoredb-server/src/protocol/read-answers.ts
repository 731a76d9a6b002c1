// The answers to a Read, in order. It reads a page when the client has taken the last one: slow clients cost nothing.
import { StreamTombstoned } from '../errors.js';
import type { EventLog } from '../log/event-log.js';
import type { LogEvent } from '../semantics/log-event.js';
import { isLink, type StreamPage } from '../log/log-reader.js';
import { CheckpointInterval } from '../semantics/checkpoint-interval.js';
import { encodeReadEvent } from './encode-event.js';
import { EMPTY } from './messages.js';
import { PAGE_EVENTS, type AllReadPlan, type ReadPlan, type StreamReadPlan } from './read-plan.js';

/** Plain reads have larger pages: nothing depends on their size. */
const READ_PAGE_EVENTS = 256;
/** The first place of an empty log. A filtered subscription is then told position 0, as by releases since 24.2. */
const FIRST_POSITION = 1;

export interface ReadContext {
  readonly log: EventLog;
  /** Ends the wait when the client has gone. */
  readonly signal: AbortSignal;
  readonly newId: () => string;
}

/** The messages of one page, events encoded. Errors: EVENT_STORE_STREAM_DELETED, EVENT_STORE_CLOSED, the medium's. */
export async function* readAnswers(plan: ReadPlan, context: ReadContext): AsyncGenerator<readonly object[]> {
  if (plan.kind === 'stream') yield* plan.count === undefined ? streamSubscription(plan, context) : streamEvents(plan, plan.count, context);
  else yield* plan.count === undefined ? allSubscription(plan, context) : allEvents(plan, plan.count, context);
}

async function* streamEvents(plan: StreamReadPlan, count: number, { log, signal }: ReadContext): AsyncGenerator<readonly object[]> {
  const { stream, isBackwards, tellsEnds } = plan;
  let from = plan.from === 'start' ? 0 : plan.from === 'end' ? Number.MAX_SAFE_INTEGER : plan.from;
  for (let left = count; left > 0 && !signal.aborted;) {
    const page = await log.streamPage({ stream, isBackwards, from, limit: Math.min(left, READ_PAGE_EVENTS) });
    if (page.state.isTombstoned) throw new StreamTombstoned(stream);
    if (page.state.last < 0 || page.state.metadata.isDeleted) {
      yield [{ stream_not_found: { stream_identifier: { stream_name: Buffer.from(stream) } } }];
      return;
    }
    if (tellsEnds && !isBackwards && left === count) yield firstPlace(from, count, page);
    yield await encoded(page.events, plan, log);
    left -= page.events.length;
    from = page.next;
    if (!page.isEnd && page.next >= 0 && left > 0) continue;
    if (tellsEnds) yield [{ last_stream_position: String(page.state.last) }];
    return;
  }
}

/** Sent if the first page of a real server would be empty: the read begins inside hidden events, or past the end. */
const firstPlace = (from: number, count: number, { events, state }: StreamPage): readonly object[] => {
  const first = events[0]?.revision ?? state.last + 1;
  const isInFirstPage = events.length > 0 && first < from + Math.min(count, PAGE_EVENTS);
  return isInFirstPage ? [] : [{ first_stream_position: String(first) }];
};

async function* allEvents(plan: AllReadPlan, count: number, { log, signal }: ReadContext): AsyncGenerator<readonly object[]> {
  const { isBackwards, filter } = plan;
  let from = plan.from === 'start' ? 0 : plan.from === 'end' ? Number.MAX_SAFE_INTEGER : plan.from;
  for (let left = count; left > 0 && !signal.aborted;) {
    const page = await log.allPage({ isBackwards, from, limit: filter ? READ_PAGE_EVENTS : Math.min(left, READ_PAGE_EVENTS), filter });
    yield await encoded(page.events.slice(0, left), plan, log);
    if (page.isEnd) return;
    left -= page.events.length;
    from = page.next;
  }
}

async function* streamSubscription(plan: StreamReadPlan, { log, signal, newId }: ReadContext): AsyncGenerator<readonly object[]> {
  const { stream } = plan;
  const first = await log.streamPage({ stream, isBackwards: true, from: Number.MAX_SAFE_INTEGER, limit: 1 });
  if (first.state.isTombstoned) throw new StreamTombstoned(stream);
  let from = plan.from === 'start' ? 0 : plan.from === 'end' ? first.state.last + 1 : plan.from + 1;
  yield [{ confirmation: { subscription_id: newId() } }];
  let isLive = false;
  while (!signal.aborted) {
    const seen = await log.observe();
    // The tombstone is the last event of a live subscription.
    const page = await log.streamPage({ stream, isBackwards: false, from, limit: PAGE_EVENTS, showsTombstone: isLive });
    if (page.state.isTombstoned && !isLive) throw new StreamTombstoned(stream);
    yield await encoded(page.events, plan, log);
    if (page.state.isTombstoned && page.isEnd) throw new StreamTombstoned(stream);
    from = Math.max(from, page.events.length > 0 || !page.isEnd ? page.next : from);
    if (!page.isEnd) continue;
    if (!isLive) yield [{ caught_up: EMPTY }];
    isLive = true;
    await log.changed(seen, signal);
  }
}

async function* allSubscription(plan: AllReadPlan, { log, signal, newId }: ReadContext): AsyncGenerator<readonly object[]> {
  const { filter } = plan;
  const checkpoints = filter && new CheckpointInterval(plan.checkpointInterval);
  let from = plan.from === 'start' ? 0 : (plan.from === 'end' ? await log.head() : plan.from) + 1;
  yield [{ confirmation: { subscription_id: newId() } }];
  let isLive = false;
  while (!signal.aborted) {
    const seen = await log.observe();
    // One event at a time when live: a checkpoint then gives exactly how many were considered.
    const page = await log.allPage({ isBackwards: false, from, limit: isLive && filter ? 1 : PAGE_EVENTS, filter });
    yield await encoded(page.events, plan, log);
    const reached = isLive ? page.next - 1 : (page.events.at(-1)?.position ?? from - 1);
    if (checkpoints?.isDueAfter(page.considered) && reached > 0) yield [checkpointAt(reached)];
    from = page.next;
    if (!page.isEnd) continue;
    if (checkpoints && !isLive && from <= FIRST_POSITION) yield [checkpointAt(0)];
    if (!isLive) yield [{ caught_up: EMPTY }];
    isLive = true;
    await log.changed(seen, signal);
  }
}

const checkpointAt = (position: number): object => ({ checkpoint: { commit_position: String(position), prepare_position: String(position) } });

const encoded = async (events: readonly LogEvent[], { resolvesLinks, isUuidStructured }: ReadPlan, log: EventLog): Promise<readonly Buffer[]> => {
  const answers: Buffer[] = [];
  for (const event of events) {
    const isResolved = resolvesLinks && isLink(event);
    const answer = isResolved ? { event: await log.resolve(event), link: event } : { event, link: undefined };
    answers.push(encodeReadEvent(answer, isUuidStructured));
  }
  return answers;
};
