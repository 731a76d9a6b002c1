// A filtered subscription to all events, and what it has to have told.
import {
  eventTypeFilter,
  excludeSystemEvents,
  streamNameFilter,
  type AllStreamSubscription,
  type EventStoreDBClient,
  type Filter,
} from '@eventstore/db-client';
import { expect } from 'vitest';
import type { FollowCommand } from './stream-commands.js';
import type { Written } from './streams-model.js';

/** The server looks at so many events at a time while a subscription catches up. */
const PAGE = 32;
const TOLD_TIMEOUT_MS = 10_000;

/** An event of the model, and where the server has put it. */
export interface Placed extends Written {
  readonly position: bigint;
}

type Told = readonly ['event' | 'checkpoint', bigint] | readonly ['caught up'];

interface NamedFilter {
  readonly of: (options: Pick<Filter, 'checkpointInterval' | 'maxSearchWindow' | 'checkpointReached'>) => Filter;
  readonly isMatch: (event: Written) => boolean;
}

/** Each lets `marker` streams and `Marker` events through. */
export const filtersOf = (streams: readonly string[], marker: string): readonly NamedFilter[] => {
  const [first = '', second = ''] = streams;
  return [
    { of: (options) => eventTypeFilter({ prefixes: ['Ev', 'Marker'], ...options }), isMatch: ({ type }) => /^Ev|^Marker/.test(type) },
    { of: (options) => eventTypeFilter({ regex: '^(Odd|Marker)$', ...options }), isMatch: ({ type }) => type === 'Odd' || type === 'Marker' },
    {
      of: (options) => eventTypeFilter({ prefixes: ['$metadata', 'Marker'], ...options }),
      isMatch: ({ type }) => type === '$metadata' || type === 'Marker',
    },
    {
      of: (options) => streamNameFilter({ prefixes: [first, marker], ...options }),
      isMatch: ({ stream }) => stream.startsWith(first) || stream === marker,
    },
    {
      of: (options) => streamNameFilter({ regex: `(${second}|${marker})$`, ...options }),
      isMatch: ({ stream }) => stream.endsWith(second) || stream === marker,
    },
    { of: (options) => excludeSystemEvents(options), isMatch: ({ type }) => !type.startsWith('$') },
  ];
};

export class FollowerOfAll {
  readonly #subscription: AllStreamSubscription;
  readonly #told: Told[] = [];
  readonly #filter: NamedFilter;
  readonly #command: FollowCommand;
  readonly #after: bigint;
  #failure: unknown;
  #caughtUpAt = 0n;

  constructor(client: EventStoreDBClient, command: FollowCommand, filter: NamedFilter, after: bigint) {
    const { checkpointInterval, maxSearchWindow } = command;
    const checkpointReached = (_: unknown, { commit }: { commit: bigint }): void => void this.#told.push(['checkpoint', commit]);
    this.#command = command;
    this.#filter = filter;
    this.#after = after;
    this.#subscription = client.subscribeToAll({
      filter: filter.of({ checkpointInterval, maxSearchWindow, checkpointReached }),
      fromPosition: { commit: after, prepare: after },
    });
    this.#subscription.on('data', ({ event }) => void this.#told.push(['event', event?.position?.commit ?? -1n]));
    this.#subscription.on('caughtUp', () => void this.#told.push(['caught up']));
    this.#subscription.on('error', (error) => (this.#failure = error));
  }

  /** Nothing may be written meanwhile. */
  async caughtUp(all: readonly Placed[]): Promise<void> {
    await this.#until(() => this.#told.some(([kind]) => kind === 'caught up'));
    this.#caughtUpAt = all.at(-1)?.position ?? 0n;
  }

  /**
   * Waits for the last event, which must match, ends the subscription, and compares it with all events of the server.
   */
  async end(all: readonly Placed[]): Promise<void> {
    const last = all.at(-1)?.position;
    await this.#until(() => this.#told.some(([kind, position]) => kind === 'event' && position === last));
    await this.#subscription.unsubscribe();
    const positions = this.#told.flatMap(([kind, position]) => (kind === 'event' ? [position] : []));
    const rest = all.filter(({ position }) => position > this.#after);
    expect(positions, 'the events of the subscription').toEqual(rest.filter(this.#filter.isMatch).map(({ position }) => position));
    this.#expectSafeCheckpoints();
    this.#expectDueCheckpoints(rest);
  }

  /** A reader that resumes at a checkpoint misses nothing and gets nothing twice. */
  #expectSafeCheckpoints(): void {
    let reached = this.#after;
    for (const [kind, position] of this.#told) {
      if (kind === 'event') expect(position, 'an event after a checkpoint').toBeGreaterThan(reached);
      if (kind === 'checkpoint') expect(position, 'a checkpoint').toBeGreaterThanOrEqual(reached);
      if (kind !== 'caught up') reached = position;
    }
  }

  #expectDueCheckpoints(rest: readonly Placed[]): void {
    const interval = this.#command.checkpointInterval * this.#command.maxSearchWindow;
    const boundary = this.#told.findIndex(([kind]) => kind === 'caught up');
    const checkpoints = (told: readonly Told[]): readonly bigint[] => told.flatMap(([kind, position]) => (kind === 'checkpoint' ? [position] : []));
    // Catching up: the last match of a page, or the page's beginning. Later writes do not fill up the last page.
    const there = rest.filter(({ position }) => position <= this.#caughtUpAt);
    const pages = Array.from({ length: Math.ceil(there.length / PAGE) }, (_, page) => there.slice(page * PAGE, (page + 1) * PAGE));
    const possible = pages.map((page, index) => page.findLast(this.#filter.isMatch)?.position ?? pages[index - 1]?.at(-1)?.position ?? this.#after);
    for (const checkpoint of checkpoints(this.#told.slice(0, boundary))) {
      expect(possible, 'a checkpoint of catching up').toContain(checkpoint);
    }
    // Live: exactly every interval of considered events, those that were considered before counted in.
    const places = rest.map(({ position }) => position);
    const live = checkpoints(this.#told.slice(boundary)).map((position) => places.indexOf(position));
    const distances = live.slice(1).map((place, index) => place - (live[index] ?? 0));
    expect(distances, 'the distances of live checkpoints').toEqual(distances.map(() => interval));
    // One that is due with the last event may still be on its way.
    const lastLive = live.at(-1) ?? places.indexOf(this.#caughtUpAt);
    expect(places.length - 1 - lastLive, 'events since the last checkpoint').toBeLessThanOrEqual(interval);
  }

  async #until(isThere: () => boolean): Promise<void> {
    await expect.poll(() => this.#failure !== undefined || isThere(), { timeout: TOLD_TIMEOUT_MS, interval: 1 }).toBe(true);
    if (this.#failure !== undefined) throw this.#failure;
  }
}
