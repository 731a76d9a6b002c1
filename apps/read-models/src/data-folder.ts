// Recognises a folder that holds data of the application.
import { access } from 'node:fs/promises';
import { join } from 'node:path';

/** Files of the embedded stores, different ones for each process. */
const FILES = ['events.db', 'sql.db', 'cache.db', 'search.db'];

/** True if any process of the application has made one of its files there. */
export const isDataFolder = async (dir: string): Promise<boolean> => {
  const found = await Promise.allSettled(FILES.map((file) => access(join(dir, file))));
  return found.some(({ status }) => status === 'fulfilled');
};
