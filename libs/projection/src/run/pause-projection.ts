// What operators do to pause a projection: they tell the read store, and every projector sees it there.
import { systemRuntime, type Runtime } from '@mainstem/event-store';
import { MEMBERS_FROM } from '../read-store/lease.js';
import { encodePause, PAUSE_NOTE, pauseIn, type Pause } from '../read-store/pause.js';
import type { ReadStore } from '../read-store/read-store.js';

export interface PausedProjection {
  readonly projection: string;
  readonly store: ReadStore;
}

export interface PauseOptions extends PausedProjection {
  readonly by: string;
  readonly reason?: string;
  readonly runtime?: Runtime;
}

/**
 * Pauses a projection, whether or not a process runs it now: none writes its serving generation until
 * `resumeProjection`. A repetition changes nothing. Returns the pause that holds, and whether it is new. Errors:
 * READ_STORE_UNAVAILABLE.
 */
export const pauseProjection = async (options: PauseOptions): Promise<{ readonly pause: Pause; readonly isNew: boolean }> => {
  const { projection, store, by, reason, runtime = systemRuntime } = options;
  const held = await pauseOf(options);
  if (held) return { pause: held, isNew: false };
  const pause = { by, at: new Date(runtime.now()).toISOString(), ...(reason !== undefined && { reason }) };
  await store.note(projection, PAUSE_NOTE, encodePause(pause));
  return { pause, isNew: true };
};

/** Ends a pause. Returns the one that held; undefined if there was none. Errors: READ_STORE_UNAVAILABLE. */
export const resumeProjection = async ({ projection, store }: PausedProjection): Promise<Pause | undefined> => {
  const held = await pauseOf({ projection, store });
  if (held) await store.note(projection, PAUSE_NOTE, undefined);
  return held;
};

/** Errors: READ_STORE_UNAVAILABLE. */
export const pauseOf = async ({ projection, store }: PausedProjection): Promise<Pause | undefined> =>
  pauseIn(await store.notes([projection]), projection);

const LOOK_MS = 100;

export interface UntilRestingOptions extends PausedProjection {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly runtime?: Runtime;
}

/**
 * Resolves once no process holds a lease of the projection, or after the time, with those that still do. Projectors
 * without leases do not show. Errors: READ_STORE_UNAVAILABLE.
 */
export const untilResting = async (options: UntilRestingOptions): Promise<readonly string[]> => {
  const { projection, store, timeoutMs, signal, runtime = systemRuntime } = options;
  const endsAt = runtime.monotonic() + timeoutMs;
  for (;;) {
    const held = (await store.leases(projection)).filter(({ partition }) => partition < MEMBERS_FROM);
    if (held.length === 0) return [];
    if (signal.aborted || runtime.monotonic() >= endsAt) return [...new Set(held.map(({ owner }) => owner))];
    await runtime.sleep(LOOK_MS, signal);
  }
};
