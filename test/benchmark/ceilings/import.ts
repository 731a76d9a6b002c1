// Ceiling of the import: parse and check lines, number the lines of each document, insert thousands of events a
// transaction.
import { expectSame, measured, type Job } from '../job.js';
import { EventWriterLoop } from './event-writer.js';
import { ledgerLines } from './ledger-lines.js';

const BATCH_EVENTS = 4_000;

export const importAll: Job = async ({ dir, file, events }) => {
  const writer = new EventWriterLoop(dir);
  const { database } = writer;
  const sample = await measured(async () => {
    let inBatch = 0;
    for await (const lines of ledgerLines(file)) {
      for (const { stream, revision, type, id, data, metadata } of lines) {
        if (inBatch === 0) database.exec('BEGIN IMMEDIATE');
        writer.append(stream, revision, type, id, Date.now(), data, metadata);
        if (++inBatch < BATCH_EVENTS) continue;
        database.exec('COMMIT');
        inBatch = 0;
      }
    }
    if (inBatch > 0) database.exec('COMMIT');
    return writer.count();
  });
  expectSame('imported events', sample.units, events);
  database.close();
  return sample;
};
