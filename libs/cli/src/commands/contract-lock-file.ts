// The lock file on disk.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isMainstemError } from '@mainstem/event-store';
import { lockText, parseLock, type EventContracts } from '@mainstem/event-store/contract';
import { NoContractLock, UnusableContractLock } from '../errors.js';
import { applicationFolder } from '../load-application.js';
import type { ContractsOptions } from './contracts-look.js';
import { writeWhole } from './write-whole.js';

const LOCK_FILE = 'contracts.lock.json';

/** A given path counts from where the command runs. Errors: CLI_NO_APPLICATION. */
export const lockFileOf = ({ folder, lock }: ContractsOptions): string =>
  lock === undefined ? path.join(applicationFolder(folder), LOCK_FILE) : path.resolve(folder, lock);

/** Errors: CLI_NO_CONTRACT_LOCK, CLI_UNUSABLE_CONTRACT_LOCK. */
export const readLock = async (file: string): Promise<EventContracts> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new NoContractLock(file);
    throw new UnusableContractLock(file, (error as Error).message, error);
  }
  try {
    return parseLock(text);
  } catch (error) {
    if (!isMainstemError(error, 'EVENT_STORE_INVALID_CONTRACT_LOCK')) throw error;
    throw new UnusableContractLock(file, `${error.message}. Take the committed version, or delete it and run mainstem contracts accept.`, error);
  }
};

/** Undefined where there is none yet. Errors: CLI_UNUSABLE_CONTRACT_LOCK. */
export const readLockIfThere = async (file: string): Promise<EventContracts | undefined> => {
  try {
    return await readLock(file);
  } catch (error) {
    if (isMainstemError(error, 'CLI_NO_CONTRACT_LOCK')) return undefined;
    throw error;
  }
};

/** Errors: CLI_UNUSABLE_CONTRACT_LOCK. */
export const writeLock = async (file: string, contracts: EventContracts): Promise<void> => {
  try {
    await writeWhole(file, lockText(contracts));
  } catch (error) {
    throw new UnusableContractLock(file, (error as Error).message, error);
  }
};
