// Which generation serves: a field of the bookkeeping. One script decides, so that moves never race.
import { GenerationBehind, GenerationNotReady, type PromoteOptions, UnknownGeneration } from '@mainstem/projection/adapter';
import type { Runtime } from '@mainstem/event-store';
import { PROMOTE } from '../scripts/generations.js';
import { scriptOf } from '../server/redis-connection.js';
import { type GenerationRecords, positionOf } from './generation-records.js';

export class Serving {
  constructor(
    private readonly generations: GenerationRecords,
    private readonly runtime: Runtime,
  ) {}

  /** Errors: those of `ReadStore.promote`. */
  async promote(projection: string, number: number, { isForced = false }: PromoteOptions): Promise<void> {
    const args = [number, isForced ? '1' : '0', new Date(this.runtime.now()).toISOString()];
    const reply = await this.generations.run(SCRIPT, projection, args);
    const [status, actual = '', expected = ''] = reply as [string, string?, string?];
    if (status === 'unknown') throw new UnknownGeneration(projection, number);
    if (status === 'side') throw new GenerationNotReady(projection, number, 'it was made to stay aside, or has lost data');
    if (status === 'bulk') throw new GenerationNotReady(projection, number, 'it is still being filled in bulk');
    if (status === 'behind') throw new GenerationBehind(projection, number, positionOf(actual), positionOf(expected));
  }
}

const SCRIPT = scriptOf(PROMOTE);
