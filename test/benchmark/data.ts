// The data of all jobs: the ledger, or its beginning, as a file and as an event store; and several copies of it.
import { createReadStream, createWriteStream } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip, createGzip } from 'node:zlib';
import { eventChecksum } from '../../libs/embedded/src/event-store/event-checksum.js';
import { importAlone } from './jobs/write.js';
import type { JobContext } from './job.js';

type Data = Pick<JobContext, 'file' | 'eventsDir' | 'events'>;

const LEDGER = fileURLToPath(new URL('../../data/online-retail/events.ndjson.gz', import.meta.url));
const LEDGER_EVENTS = 565_708;

/** Imports the ledger through the command side. */
export const prepareData = async (folder: string, { eventsMax }: { readonly eventsMax: number }): Promise<Data> => {
  const events = Math.min(LEDGER_EVENTS, eventsMax);
  const file = events === LEDGER_EVENTS ? LEDGER : await beginning(events, join(folder, 'beginning.ndjson.gz'));
  const eventsDir = join(folder, 'events');
  await mkdir(eventsDir);
  console.error('importing the data …');
  await importAlone({ dir: eventsDir, eventsDir, file, events, postgresUrl: '', postgresLog: '' });
  return { file, eventsDir, events };
};

const beginning = async (lines: number, file: string): Promise<string> => {
  const source = createInterface({ input: createReadStream(LEDGER).pipe(createGunzip()) });
  async function* first(): AsyncGenerator<string> {
    let count = 0;
    for await (const line of source) {
      yield `${line}\n`;
      if (++count === lines) return;
    }
  }
  await pipeline(first, createGzip({ level: 1 }), createWriteStream(file));
  return file;
};

/** The same events again under other stream names and ids, `copies` times in all. */
export const multiply = async ({ eventsDir, file, events }: Data, copies: number, folder: string): Promise<Data> => {
  const dir = join(folder, `events-${copies}`);
  console.error(`copying the events ${copies} times …`);
  await cp(eventsDir, dir, { recursive: true });
  const database = new DatabaseSync(join(dir, 'events.db'));
  const streams = Number(database.prepare('SELECT max(id) AS value FROM streams').get()?.['value']);
  const suffix = (copy: number): string => `x${copy}`;
  database.function('checksum_of', { varargs: true }, checksumOf);
  for (let copy = 1; copy < copies; copy++) {
    database.exec('BEGIN');
    database.prepare(`INSERT INTO streams SELECT id + ?, name || ? FROM streams WHERE id <= ?`).run(streams * copy, suffix(copy), streams);
    // The ids stay distinct and of the same form: their last three characters give the number of the copy.
    database
      .prepare(
        `INSERT INTO events SELECT e.position, e.id, e.stream, revision, e.type, recorded_at, data, metadata,
           checksum_of(e.position, e.id, s.name, revision, t.name, recorded_at, data, metadata)
         FROM (SELECT position + ? AS position, substr(id, 1, 33) || ? AS id, stream + ? AS stream, revision, type, recorded_at, data, metadata
           FROM events WHERE position <= ?) AS e JOIN streams AS s ON s.id = e.stream JOIN types AS t ON t.id = e.type ORDER BY e.position`,
      )
      .run(events * copy, String(copy).padStart(3, '0'), streams * copy, events);
    database.exec('COMMIT');
  }
  database.close();
  return { eventsDir: dir, file, events: events * copies };
};

const checksumOf = (...row: readonly unknown[]): number => {
  const [position, id, stream, revision, type, recordedAtMs, dataJson, metadataJson] = row as [
    number,
    string,
    string,
    number,
    string,
    number,
    string,
    string,
  ];
  return eventChecksum({ position, id, stream, revision, type, recordedAtMs, dataJson, metadataJson });
};
