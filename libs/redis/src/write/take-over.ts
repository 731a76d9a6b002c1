// Opens a session: fences off every older one of its part.
import { FingerprintMismatch, GenerationDamaged, type ProjectionDescriptor, UnknownGeneration } from '@mainstem/projection/adapter';
import { type Fields, type GenerationRecords, generationsOf, partField, type StoredGeneration } from '../bookkeeping/generation-records.js';
import { OPEN } from '../scripts/generations.js';
import { scriptOf } from '../server/redis-connection.js';

export interface Opening {
  readonly number: number;
  readonly partition: number;
  /** Random: the session. */
  readonly session: string;
}

/**
 * The generation with the session's epoch. Errors: READ_STORE_UNKNOWN_GENERATION, READ_STORE_FINGERPRINT_MISMATCH,
 * READ_STORE_DAMAGED, READ_STORE_UNAVAILABLE.
 */
export const takeOver = async (
  generations: GenerationRecords,
  { name, fingerprint }: ProjectionDescriptor,
  { number, partition, session }: Opening,
): Promise<StoredGeneration> => {
  const reply = await generations.run(SCRIPT, name, [number, fingerprint, session, partField(partition)]);
  const [status, found] = reply as [string, (Fields | string)?];
  if (status === 'unknown') throw new UnknownGeneration(name, number);
  if (status === 'fingerprint') throw new FingerprintMismatch(name, number);
  if (status === 'damaged') throw new GenerationDamaged(name, number, String(found));
  const opened = generationsOf(name, found as Fields).find((generation) => generation.number === number);
  if (!opened) throw new UnknownGeneration(name, number);
  return opened;
};

const SCRIPT = scriptOf(OPEN);
