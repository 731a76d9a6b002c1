// Tells a folder that holds data of the application from any other.
import { access } from 'node:fs/promises';
import { join } from 'node:path';

/** What the embedded stores put there, each process its own. */
const FILES = ['events.db', 'sql.db', 'cache.db', 'search.db'];

/** Whether any process of the application has made one of its files there. */
export const isDataFolder = async (dir: string): Promise<boolean> => {
  const found = await Promise.allSettled(FILES.map((file) => access(join(dir, file))));
  return found.some(({ status }) => status === 'fulfilled');
};
