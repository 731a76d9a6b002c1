// Remembers a complete import of a data file, so that the next start serves at once.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Incarnation } from '@mainstem/event-store';

const FILE = 'first-import.json';

/** What was imported, and into which event store: another file or a new event store is imported again. */
export interface ImportMarker {
  readonly incarnation: Incarnation;
  /** SHA-256 of the file as it is. */
  readonly sha256: string;
  readonly importedAt: string;
}

/** SHA-256 of a file in hex, read once in constant memory. */
export const fileHash = async (file: string, signal: AbortSignal): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest('hex');
};

/** The marker in a folder; undefined if it is missing or unreadable: then the import runs again and adds nothing. */
export const readMarker = async (dir: string): Promise<ImportMarker | undefined> => {
  try {
    return JSON.parse(await readFile(join(dir, FILE), 'utf8')) as ImportMarker;
  } catch {
    return undefined;
  }
};

/** Writes the marker in one step. */
export const writeMarker = async (dir: string, marker: ImportMarker): Promise<void> => {
  const temporary = join(dir, `${FILE}.${process.pid}.tmp`);
  await writeFile(temporary, `${JSON.stringify(marker, null, 2)}\n`);
  await rename(temporary, join(dir, FILE));
};
