// Only one process serves the groups of a folder. The system releases the lock when that process ends, in any way.
import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase, retryWhileBusy } from '@mainstem/embedded/events-file';
import { isMainstemError, type Runtime } from '@mainstem/event-store';
import { GroupsServedElsewhere } from '../errors.js';

/** "MsPs" in ASCII. */
const APPLICATION_ID = 0x4d735073;
const FORMAT = 1;
/** How long the previous process may take to end. */
const WAIT_MS = 2_000;

/** Holds the lock until it is closed. Errors: EVENT_STORE_SERVER_GROUPS_ELSEWHERE, those of the medium. */
export const claimGroups = async (dir: string, runtime: Runtime): Promise<DatabaseSync> => {
  const owner = { codePrefix: 'EVENT_STORE', name: 'lock of persistent subscriptions' } as const;
  const create = (database: DatabaseSync): void => database.exec('CREATE TABLE lock (held INTEGER) STRICT');
  const file = { owner, path: resolve(dir, 'persistent.db') };
  const waiting = { runtime, busyTimeoutMs: WAIT_MS };
  try {
    const database = await openDatabase({ ...file, ...waiting, synchronous: 'NORMAL', applicationId: APPLICATION_ID, format: FORMAT, create });
    try {
      // Nothing is ever written: only the lock matters.
      await retryWhileBusy(() => database.exec('BEGIN IMMEDIATE'), { file, ...waiting });
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw isMainstemError(error, 'EVENT_STORE_BUSY') ? new GroupsServedElsewhere(dir, error) : error;
  }
};
