// A process that uses the adapter once and says with which client package. Arguments: connection string, and what is the matter with KurrentDB's package.
import { createRequire, registerHooks } from 'node:module';
import { eventIdOf, streamName } from '@mainstem/event-store';

const [connectionString = '', state = ''] = process.argv.slice(2);
if (state === 'missing') {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier.startsWith('@kurrent/')) throw Object.assign(new Error(`Cannot find ${specifier}`), { code: 'MODULE_NOT_FOUND' });
      return nextResolve(specifier, context);
    },
  });
}
const { EventStoreDbEventStore } = await import('@mainstem/eventstoredb');
const store = await EventStoreDbEventStore.open({ connectionString });
const stream = streamName(`package-${process.pid}`);
const events = [{ id: eventIdOf('one', stream, 0), type: 'Counted', data: {}, metadata: {} }];
await store.append(stream, events, { expectedRevision: 'no-stream' });
let count = 0;
for await (const batch of store.readStream(stream)) count += batch.length;
await store.close();

const loaded = Object.keys(createRequire(import.meta.url).cache);
const names = ['@kurrent/kurrentdb-client', '@eventstore/db-client'].filter((name) => loaded.some((file) => file.includes(`${name}/`)));
console.log(`${count} read by ${names.join(' and ')}`);
