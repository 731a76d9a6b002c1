// The leases of all projections in one file of lines, judged like everything else by the order of the lines, and by the time that they carry:
// the files are on one machine, so there is one clock.
import type { Runtime } from '@mainstem/event-store';
import type { HeldLease, LeaseAnswer, LeaseClaim, LeaseKey } from '@mainstem/projection/adapter';
import { LineFile } from './line-file.js';

// #region lease
type LeaseLine = { readonly atMs: number; readonly key: string; readonly owner: string } & (
  { readonly do: 'claim'; readonly durationMs: number } | { readonly do: 'release' }
);

interface StoredLease {
  readonly owner: string;
  readonly durationMs: number;
  readonly endsAtMs: number;
}

export class LeaseLog {
  readonly #file: LineFile;
  readonly #runtime: Runtime;
  readonly #leases = new Map<string, StoredLease>();

  constructor(path: string, runtime: Runtime) {
    this.#file = new LineFile(path);
    this.#runtime = runtime;
  }

  claim({ owner, durationMs, ...key }: LeaseClaim): LeaseAnswer {
    const found = this.#held(keyOf(key));
    // Those who wait ask most often; they write nothing.
    if (found && found.owner !== owner) return { isHeld: false, owner: found.owner, remainingMs: this.#remainingMs(found) };
    this.#write({ do: 'claim', key: keyOf(key), owner, durationMs });
    const now = this.#held(keyOf(key));
    if (now?.owner === owner) return { isHeld: true, owner, remainingMs: durationMs };
    return { isHeld: false, owner: now?.owner, remainingMs: now ? this.#remainingMs(now) : 0 };
  }

  release({ owner, ...key }: LeaseKey & { readonly owner: string }): void {
    if (this.#held(keyOf(key))?.owner === owner) this.#write({ do: 'release', key: keyOf(key), owner });
  }

  #apply(line: LeaseLine): void {
    const { key, owner, atMs } = line;
    const found = this.#leases.get(key);
    if (found && found.owner !== owner && isRunning(found, atMs)) return; // too late
    if (line.do === 'release') this.#leases.delete(key);
    else this.#leases.set(key, { owner, durationMs: line.durationMs, endsAtMs: atMs + line.durationMs });
  }
  // #endregion

  forget(projection: string): void {
    for (const { owner, remainingMs: _, ...key } of this.list(projection)) this.release({ ...key, owner });
  }

  list(projection?: string): readonly HeldLease[] {
    this.#readOn();
    const nowMs = this.#runtime.now();
    return [...this.#leases]
      .filter(([, lease]) => isRunning(lease, nowMs))
      .map(([key, lease]) => ({ ...(JSON.parse(key) as LeaseKey), owner: lease.owner, remainingMs: this.#remainingMs(lease) }))
      .filter((lease) => projection === undefined || lease.projection === projection);
  }

  close(): void {
    this.#file.close();
  }

  #held(key: string): StoredLease | undefined {
    this.#readOn();
    const found = this.#leases.get(key);
    return found && isRunning(found, this.#runtime.now()) ? found : undefined;
  }

  #remainingMs({ endsAtMs }: StoredLease): number {
    return Math.max(0, endsAtMs - this.#runtime.now());
  }

  #write(line: Omit<LeaseLine, 'atMs' | 'durationMs'> & { readonly durationMs?: number }): void {
    this.#file.append(JSON.stringify({ atMs: this.#runtime.now(), ...line }));
  }

  #readOn(): void {
    for (const text of this.#file.news()) {
      const line = parsed(text);
      if (line) this.#apply(line);
    }
  }
}

const keyOf = ({ projection, fingerprint, partition }: LeaseKey): string => JSON.stringify({ projection, fingerprint, partition });

/** One that would last longer than it was claimed for is from before the clock was set back. */
const isRunning = ({ endsAtMs, durationMs }: StoredLease, nowMs: number): boolean => endsAtMs > nowMs && endsAtMs <= nowMs + durationMs;

/** Undefined for a line that a crash has cut off. */
const parsed = (text: string): LeaseLine | undefined => {
  try {
    return JSON.parse(text) as LeaseLine;
  } catch {
    return undefined;
  }
};
