// Ceiling of reactors: read a page of events, decide each command on a state in memory, and commit the page's effects
// with the place that was reached. An id derived from the event keeps a repetition from a second effect.
import { expectSame, measured, type Job } from '../job.js';
import { REACTOR_EVENTS, reactorEventAt } from '../reactor-plan.js';
import { derivedId, EventWriterLoop } from './event-writer.js';

const PAGE = 500;

interface Row {
  readonly position: number;
  readonly id: string;
  readonly data: string;
}

export const reactions: Job = async ({ dir }) => {
  const writer = new EventWriterLoop(dir);
  const { database } = writer;
  database.exec('CREATE TABLE place (position INTEGER NOT NULL) STRICT; INSERT INTO place VALUES (0); BEGIN IMMEDIATE');
  for (let index = 0; index < REACTOR_EVENTS; index++) {
    const { payment, data } = reactorEventAt(index);
    writer.append(`payment-${payment}`, 0, 'Paid', derivedId(payment), Date.now(), JSON.stringify(data), '{}');
  }
  database.exec('COMMIT');
  const select = database.prepare('SELECT position, id, data FROM events WHERE position > ? ORDER BY position LIMIT ?');
  const move = database.prepare('UPDATE place SET position = ?');
  const paid = new Set<string>();
  const sample = await measured(async () => {
    for (let after = 0; after < REACTOR_EVENTS;) {
      const rows = select.all(after, Math.min(PAGE, REACTOR_EVENTS - after)) as unknown as readonly Row[];
      database.exec('BEGIN IMMEDIATE');
      const now = Date.now();
      for (const { position, id, data } of rows) {
        const { order, cents } = JSON.parse(data) as { readonly order: string; readonly cents: number };
        if (!paid.has(order)) {
          paid.add(order);
          const commandId = derivedId(`marking/${id}/mark`);
          const metadata = JSON.stringify({ commandId, correlationId: id, causationId: id });
          writer.append(
            `order-${order}`,
            0,
            'MarkedAsPaid',
            derivedId(`order-${order}/${commandId}/0`),
            now,
            JSON.stringify({ order, cents }),
            metadata,
          );
        }
        after = position;
      }
      move.run(after);
      database.exec('COMMIT');
    }
    return REACTOR_EVENTS;
  });
  expectSame('events of all payments and effects', writer.count(), 2 * REACTOR_EVENTS);
  database.close();
  return sample;
};
