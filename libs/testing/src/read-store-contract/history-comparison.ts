// What of a store's answers is compared with the record.
import { isMainstemError } from '@mainstem/event-store';
import type { Generation, HeldLease } from '@mainstem/projection/adapter';

export const leaseText = ({ projection, fingerprint, partition, owner }: Omit<HeldLease, 'remainingMs'>): string =>
  `${projection} ${fingerprint} ${partition} ${owner}`;

/** All but times, which are the writer's, and epochs. */
export const comparable = ({ createdAt: _, updatedAt: __, checkpoint, partitions, ...generation }: Generation): object => {
  const bare = ({ epoch: ___, ...rest }: Generation['checkpoint']): object => rest;
  return { ...generation, checkpoint: bare(checkpoint), ...(partitions && { partitions: partitions.map(bare) }) };
};

/** The result, or the code of the error; undefined where there is no result. */
export const outcomeOf = async <Result>(work: Promise<Result>): Promise<Result | string> => {
  try {
    return await work;
  } catch (error) {
    if (isMainstemError(error)) return error.code;
    throw error;
  }
};
