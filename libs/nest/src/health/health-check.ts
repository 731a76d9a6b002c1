// What an application reports about its health.
import type { CommandExecutor } from '@mainstem/aggregate';
import { isMainstemError, type EventReader, type JsonValue, type OperationAborted } from '@mainstem/event-store';
import type { ProjectionStatus, Projector } from '@mainstem/projection';
import type { FillingStatus, PartitionStatus } from '@mainstem/projection/operate';
import { neutralError, neutralFailure, neutralReason } from './neutral-reason.js';

/** A part of an application that needs time to be ready, or can stop being ready. Every client can read it. */
export interface HealthCheck {
  readonly name: string;
  /** Why it is not ready; empty if it is. Of `CODE: message` only the code is told, except for a few codes. */
  reasons(): readonly string[] | Promise<readonly string[]>;
  /** Its progress, for people who wait. */
  progress?(): JsonValue | Promise<JsonValue>;
}

/** How long an event store may take to report its end. */
const HEAD_TIMEOUT_MS = 2_000;

/** Ready while the event store answers and its background work proceeds. */
export const eventStoreHealth = (reader: Pick<EventReader, 'head' | 'troubles'>): HealthCheck => ({
  name: 'event store',
  reasons: async () => {
    try {
      await reader.head(AbortSignal.timeout(HEAD_TIMEOUT_MS));
      return (reader.troubles?.() ?? []).map(neutralReason);
    } catch (error) {
      return [reasonOfLook(error, HEAD_TIMEOUT_MS)];
    }
  },
});

/** For clients: why a look at the event store within this time failed, with the reason of its attempts, if any. */
export const reasonOfLook = (error: unknown, timeoutMs: number): string => {
  if (!isMainstemError(error, 'EVENT_STORE_ABORTED')) return neutralError(error);
  const { failure } = error as OperationAborted;
  return failure === undefined ? `no answer within ${timeoutMs} ms` : neutralError(failure);
};

/** `CommandModule` provides it as `COMMAND_HEALTH`. */
export interface CommandHealth extends HealthCheck {
  reasons(): readonly string[];
}

/** Injection token of the health check of commands. */
export const COMMAND_HEALTH = Symbol.for('mainstem:command-health');

/** Ready while every command proceeds; one that has waited for ten seconds reports what it waits for. */
export const commandHealth = (executor: Pick<CommandExecutor, 'troubles'>): CommandHealth => ({
  name: 'commands',
  reasons: () => executor.troubles(),
});

/**
 * Ready while every projection makes progress and is live, runs elsewhere, waits for a newer program, or was replaced
 * by one. Shared loops must give signs of life. Parked events do not matter.
 */
export const projectorHealth = (projector: Pick<Projector, 'status' | 'troubles'>): HealthCheck => ({
  name: 'projections',
  reasons: () => {
    const all = projector.status();
    return [...all.flatMap((status) => reasonsOf(status, titleOf(status, all))), ...projector.troubles().map(neutralReason)];
  },
  progress: () => projector.status().map(statusJson),
});

/** With its store if several have a projection of that name. */
const titleOf = ({ projection, store }: ProjectionStatus, all: readonly ProjectionStatus[]): string =>
  all.some((other) => other.projection === projection && other.store !== store) ? `${projection} (${store})` : projection;

const reasonsOf = (status: ProjectionStatus, title: string): readonly string[] => {
  // A stuck one gives its reason; a rebuild in progress shows its progress.
  const reason = status.reason === undefined ? undefined : neutralFailure(status.reason, status.store);
  const told = reason ?? (status.state === 'rebuilding' && status.rebuild ? wayOf(status.rebuild) : undefined);
  // An older program that waits during a deployment is healthy, like one whose read model a newer program runs.
  const isReplaced = status.state === 'stopped' && status.isHealthy;
  if (status.state !== 'live' && status.state !== 'standby' && status.state !== 'waiting' && status.state !== 'paused' && !isReplaced)
    return [`${title} is ${status.state}${told === undefined ? '' : `: ${told}`}`];
  return status.isHealthy ? [] : [`${title} is not healthy: ${reason ?? `${status.parkedKeys} keys have parked events`}`];
};

const wayOf = ({ phase, percent, etaMs }: FillingStatus): string =>
  [phase, percent === undefined ? undefined : `${percent} %`, etaMs === undefined ? undefined : `${Math.ceil(etaMs / 1_000)} s left`]
    .filter((part) => part !== undefined)
    .join(', ');

/** A status as JSON, for clients: positions and counts as decimal strings. */
export const statusJson = (status: ProjectionStatus): { readonly [key: string]: JsonValue | undefined } => ({
  projection: status.projection,
  store: status.store,
  state: status.state,
  reason: status.reason === undefined ? null : neutralFailure(status.reason, status.store),
  owner: status.owner ?? null,
  generation: status.generation,
  position: status.position?.toString() ?? null,
  head: status.head?.toString() ?? null,
  lagEvents: status.lagEvents?.toString() ?? null,
  lagMs: status.lagMs ?? null,
  parkedKeys: status.parkedKeys,
  parkedEvents: status.parkedEvents,
  eventsApplied: status.eventsApplied,
  eventsPerSecond: status.eventsPerSecond,
  isHealthy: status.isHealthy,
  rebuild: status.rebuild === undefined ? null : rebuildJson(status.rebuild),
  figures: status.figures ?? null,
  partitions: status.partitions?.map((part) => partitionJson(part, status.store)) ?? null,
});

/** One part of a partitioned projection; the figures of the whole are those of the part furthest behind. */
const partitionJson = (part: PartitionStatus, store: string): { readonly [key: string]: JsonValue } => ({
  partition: part.partition,
  state: part.state,
  reason: part.reason === undefined ? null : neutralFailure(part.reason, store),
  owner: part.owner ?? null,
  position: part.position?.toString() ?? null,
  lagEvents: part.lagEvents?.toString() ?? null,
  lagMs: part.lagMs ?? null,
});

/** The generation that is being filled beside the serving one. */
const rebuildJson = (rebuild: FillingStatus): { readonly [key: string]: JsonValue } => ({
  generation: rebuild.generation,
  state: rebuild.state,
  phase: rebuild.phase ?? null,
  position: rebuild.position?.toString() ?? null,
  eventsDone: rebuild.eventsDone?.toString() ?? null,
  eventsTotal: rebuild.eventsTotal?.toString() ?? null,
  eventsPerSecond: rebuild.eventsPerSecond ?? null,
  percent: rebuild.percent ?? null,
  etaMs: rebuild.etaMs ?? null,
});
