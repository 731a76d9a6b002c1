// A process that appends told events to PostgreSQL without end and reports acknowledged commands:
// `<url> <schema> <first number> <clients>`.
import { isMainstemError, type AppendResult } from '@mainstem/event-store';
import { PostgresEventStore } from '@mainstem/postgres';
import { toldCommand } from '../support/told-events.js';

const [url = '', schema = '', first = '0', clients = '8'] = process.argv.slice(2);
const store = await PostgresEventStore.open({ url, schema, mustExist: true, notify: Number(first) % 2 === 0, patienceMs: 60_000 });
let number = Number(first);

/** As a client that gets no answer does: the same command again. */
const appended = async ({ stream, events }: ReturnType<typeof toldCommand>): Promise<AppendResult> => {
  for (;;) {
    try {
      return await store.append(stream, events, { expectedRevision: 'any' });
    } catch (error) {
      if (!isMainstemError(error, 'EVENT_STORE_UNAVAILABLE', 'EVENT_STORE_BUSY')) throw error;
      process.send?.({ kind: 'refused', code: error.code });
    }
  }
};

const client = async (): Promise<void> => {
  for (;;) {
    const own = number++;
    const { position } = await appended(toldCommand(own));
    process.send?.({ kind: 'acknowledged', number: own, position: String(position) });
  }
};

process.send?.({ kind: 'open' });
await Promise.all(Array.from({ length: Number(clients) }, client));
