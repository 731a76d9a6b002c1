// Ceiling of the import: parse and check lines, number the lines of each document, insert thousands of events a
// transaction.
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { expectSame, measured, type Job } from '../job.js';
import { derivedId, EventWriterLoop } from './event-writer.js';

const BATCH_EVENTS = 4_000;

interface Line {
  readonly seq: number;
  readonly stream: string;
  readonly type: string;
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const assertLine = ({ seq, stream, type, at, data }: Line): void => {
  if (!Number.isSafeInteger(seq) || typeof stream !== 'string' || typeof type !== 'string' || Number.isNaN(Date.parse(at)))
    throw new TypeError('bad line');
  for (const value of Object.values(data)) if (value === undefined || (typeof value === 'object' && value !== null)) throw new TypeError('bad data');
};

export const importAll: Job = async ({ dir, file, events }) => {
  const writer = new EventWriterLoop(dir);
  const { database } = writer;
  const revisions = new Map<string, number>();
  const sample = await measured(async () => {
    let inBatch = 0;
    let commandId = '';
    let lastStream = '';
    const take = (text: string): void => {
      const line = JSON.parse(text) as Line;
      assertLine(line);
      if (inBatch === 0) database.exec('BEGIN IMMEDIATE');
      if (line.stream !== lastStream) commandId = derivedId(`${line.stream}@${line.seq}`);
      lastStream = line.stream;
      const revision = (revisions.get(line.stream) ?? -1) + 1;
      revisions.set(line.stream, revision);
      const metadata = JSON.stringify({ commandId, correlationId: commandId, causationId: commandId, occurredAt: line.at });
      writer.append(
        line.stream,
        revision,
        line.type,
        derivedId(`${line.stream}/${commandId}/${revision}`),
        Date.now(),
        JSON.stringify(line.data),
        metadata,
      );
      if (++inBatch < BATCH_EVENTS) return;
      database.exec('COMMIT');
      inBatch = 0;
    };
    let rest = '';
    for await (const chunk of createReadStream(file)
      .pipe(createGunzip({ chunkSize: 262_144 }))
      .setEncoding('utf8') as AsyncIterable<string>) {
      const texts = (rest + chunk).split('\n');
      rest = texts.pop() ?? '';
      for (const text of texts) take(text);
    }
    if (rest !== '') take(rest);
    if (inBatch > 0) database.exec('COMMIT');
    return writer.count();
  });
  expectSame('imported events', sample.units, events);
  database.close();
  return sample;
};
