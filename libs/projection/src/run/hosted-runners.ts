// The parts of one hosted projection, each with its own runner: mostly one.
import type { Position } from '@mainstem/event-store';
import type { Companion } from '../definition/hosted-projection.js';
import { mergedStatus } from './merged-status.js';
import { partitionsOf } from '../read-store/partition.js';
import { PartitionShare } from './partition-share.js';
import { isParkedIn } from '../fold/parking.js';
import type { WaitOptions } from './position-waiters.js';
import { ProjectionRunner } from './projection-runner.js';
import type { RunnerOptions } from './runner-options.js';
import type { ProjectionStatus } from './projection-status.js';
import type { ReplayResult } from '../write/replay-parked.js';

export class HostedRunners {
  readonly all: readonly ProjectionRunner[];
  readonly projection: string;
  /** By name. */
  readonly store: string;
  readonly #share: PartitionShare | undefined;
  readonly #companion: Companion | undefined;

  /** `onChange` gets the status of the whole projection. */
  constructor(options: Omit<RunnerOptions, 'partition' | 'share'>) {
    const { hosted, lease, runtime, onChange } = options;
    this.projection = hosted.projection.name;
    this.store = hosted.store.name;
    this.#companion = hosted.companion;
    const parts = partitionsOf(hosted.projection);
    this.#share = parts.length > 1 && lease ? new PartitionShare({ hosted, lease, runtime }) : undefined;
    const cacheBytesMax = Math.floor(options.cacheBytesMax / parts.length);
    const shared = { ...options, cacheBytesMax, share: this.#share, onChange: () => onChange(this.status()) };
    this.all = parts.map((partition) => new ProjectionRunner({ ...shared, partition }));
  }

  start(): void {
    this.#share?.start();
    for (const runner of this.all) runner.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#share?.stop(), ...this.all.map((runner) => runner.stop())]);
  }

  status(): ProjectionStatus {
    const status = mergedStatus(this.all.map((runner) => runner.status()));
    const figures = this.#companion?.figures?.();
    return figures ? { ...status, figures } : status;
  }

  async waitFor(position: Position, options: WaitOptions): Promise<void> {
    await Promise.all(this.all.map((runner) => runner.waitFor(position, options)));
  }

  /** One part after the other; each key belongs to one part. */
  async replay(key: string | undefined): Promise<ReplayResult> {
    let [replayed, stillParked, withoutDocument] = [0, 0, 0];
    for (const runner of this.all) {
      if (key !== undefined && !isParkedIn(key, runner.partition)) continue;
      const result = await runner.replay(key);
      replayed += result.replayed;
      stillParked += result.stillParked;
      withoutDocument += result.withoutDocument ?? 0;
    }
    return { replayed, stillParked, ...(withoutDocument > 0 && { withoutDocument }) };
  }
}
