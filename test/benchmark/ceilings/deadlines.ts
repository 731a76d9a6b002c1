// Ceiling of deadlines: a table in order of time; read a page of those that are due, look whether each is still
// pending, and commit what came of the page.
import { DEADLINES, dueAt } from '../deadline-plan.js';
import { expectSame, measured, type Job } from '../job.js';
import { derivedId, EventWriterLoop } from './event-writer.js';

const PAGE = 500;

interface Due {
  readonly at: string;
  readonly key: string;
}

export const deadlines: Job = async ({ dir }) => {
  const writer = new EventWriterLoop(dir);
  const { database } = writer;
  database.exec('CREATE TABLE deadlines (at TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (at, key)) STRICT, WITHOUT ROWID; BEGIN IMMEDIATE');
  const insert = database.prepare('INSERT INTO deadlines VALUES (?, ?)');
  for (let index = 0; index < DEADLINES; index++) {
    const [key, at] = [String(index), dueAt(index)];
    const stream = `reminder-${key}`;
    writer.append(
      stream,
      0,
      'EventTakenIn',
      derivedId(`${stream}/0`),
      Date.now(),
      JSON.stringify({ version: 1, source: { stream: `order-${key}` } }),
      '{}',
    );
    writer.append(stream, 1, 'DeadlineSet', derivedId(`${stream}/1`), Date.now(), JSON.stringify({ deadline: 'remind#1', name: 'remind', at }), '{}');
    insert.run(at, key);
  }
  database.exec('COMMIT');
  const due = database.prepare('SELECT at, key FROM deadlines WHERE at <= ? ORDER BY at, key LIMIT ?');
  const history = database.prepare('SELECT data FROM events WHERE stream = (SELECT id FROM streams WHERE name = ?) ORDER BY revision');
  const remove = database.prepare('DELETE FROM deadlines WHERE at = ? AND key = ?');
  const until = dueAt(DEADLINES);
  const sample = await measured(async () => {
    for (;;) {
      const page = due.all(until, PAGE) as unknown as readonly Due[];
      if (page.length === 0) return DEADLINES;
      database.exec('BEGIN IMMEDIATE');
      const now = Date.now();
      for (const { at, key } of page) {
        const stream = `reminder-${key}`;
        const events = history.all(stream).map(({ data }) => JSON.parse(data as string) as { readonly deadline?: string });
        if (events.length === 2 && events[1]?.deadline === 'remind#1') {
          const metadata = JSON.stringify({ commandId: `due:${key}`, correlationId: stream });
          const data = JSON.stringify({ deadline: 'remind#1', name: 'remind', at });
          writer.append(stream, 2, 'DeadlineReached', derivedId(`${stream}/2`), now, data, metadata);
          writer.append(stream, 3, 'ProcessEnded', derivedId(`${stream}/3`), now, '{}', metadata);
        }
        remove.run(at, key);
      }
      database.exec('COMMIT');
    }
  });
  expectSame('events of all instances', writer.count(), 4 * DEADLINES);
  database.close();
  return sample;
};
