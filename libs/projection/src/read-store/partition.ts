// The parts of a partitioned projection: each has the documents whose keys belong to it, and its own checkpoint.
import { isPositionBefore } from '@mainstem/event-store';
import type { Checkpoint, Generation } from './checkpoint.js';
import { keyHash } from './key-hash.js';

/** One of `count` parts; `number` from 0. */
export interface Partition {
  readonly number: number;
  readonly count: number;
}

/** For a projection that is not partitioned. */
export const WHOLE: Partition = { number: 0, count: 1 };

/** The parts of a projection, in order. */
export const partitionsOf = ({ partitions: count = 1 }: { readonly partitions?: number }): readonly Partition[] =>
  Array.from({ length: count }, (_, number) => ({ number, count }));

/**
 * The part, from 0, of a document key: floor(h × count / 2³²), where h is `keyHash` as an unsigned number. It uses the
 * upper bits, independent of the slices of a verification. It is the same on every machine, for ever.
 */
export const partitionOf = (key: string, count: number): number => (count === 1 ? 0 : Math.floor(((keyHash(key) >>> 0) * count) / 2 ** 32));

/** The checkpoint of one part of a generation. */
export const checkpointIn = ({ checkpoint, partitions }: Pick<Generation, 'checkpoint' | 'partitions'>, number: number): Checkpoint =>
  partitions?.[number] ?? checkpoint;

/**
 * What a generation shows of its parts' checkpoints, in order: the one furthest behind stands for the whole, because
 * all parts hold everything up to it. For read stores.
 */
export const ofPartitions = (checkpoints: readonly Checkpoint[]): Pick<Generation, 'checkpoint' | 'partitions'> => {
  const [first] = checkpoints;
  if (!first) throw new TypeError('a generation has at least one checkpoint');
  const checkpoint = checkpoints.reduce((slowest, one) => (isPositionBefore(one.position, slowest.position) ? one : slowest), first);
  return checkpoints.length === 1 ? { checkpoint } : { checkpoint, partitions: checkpoints };
};
