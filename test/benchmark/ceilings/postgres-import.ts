// Ceiling of the import into PostgreSQL: parse and check lines, number the lines of each document, COPY. The server
// writes one batch while the next one is made.
import type pg from 'pg';
import { expectSame, type Job } from '../job.js';
import { measuredWithServer } from '../server-time.js';
import { ledgerLines } from './ledger-lines.js';
import { copyInto } from './postgres-copy.js';
import { countEvents, withLog } from './postgres-log.js';

const BATCH_EVENTS = 4_000;

export const importAll: Job = ({ file, events, postgresUrl }) =>
  withLog(postgresUrl, async (client: pg.Client, schema) => {
    const sample = await measuredWithServer(postgresUrl, async () => {
      let rows: (string | number)[][] = [];
      let position = 0;
      let running: Promise<void> = Promise.resolve();
      for await (const lines of ledgerLines(file)) {
        for (const { stream, revision, type, id, data, metadata } of lines) {
          rows.push([++position, id, stream, revision, type, Date.now(), data, metadata]);
          if (rows.length < BATCH_EVENTS) continue;
          await running;
          running = copyInto(client, `${schema}.events`, rows);
          rows = [];
        }
      }
      await running;
      await copyInto(client, `${schema}.events`, rows);
      return position;
    });
    expectSame('imported events', await countEvents(client, schema), events);
    return sample;
  });
