// A process that uses the adapter once and reports the client package, or the refusal. Arguments: connection string,
// the fault of KurrentDB's package, the choice of a package, and a copy of gRPC that only the adapter would find.
import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { eventIdOf, isMainstemError, streamName } from '@mainstem/event-store';
import type { EventStoreDbOptions } from '@mainstem/eventstoredb';

const [connectionString = '', state = '', choice = '', grpcOfAdapter = ''] = process.argv.slice(2);
const KURRENT = '@kurrent/kurrentdb-client';
registerHooks({
  resolve(specifier, context, nextResolve) {
    if (state === 'missing' && specifier.startsWith('@kurrent/')) {
      throw Object.assign(new Error(`Cannot find ${specifier}`), { code: 'MODULE_NOT_FOUND' });
    }
    // A part of the package that has no client in it.
    if (state === 'changed' && specifier === `${KURRENT}/dist/Client/index.js`) return nextResolve(`${KURRENT}/dist/Client/http.js`, context);
    const isOfAdapter = specifier === '@grpc/grpc-js' && context.parentURL?.includes('/libs/eventstoredb/') === true;
    return nextResolve(grpcOfAdapter !== '' && isOfAdapter ? pathToFileURL(grpcOfAdapter).href : specifier, context);
  },
});

const useOnce = async (options: EventStoreDbOptions): Promise<number> => {
  const { EventStoreDbEventStore } = await import('@mainstem/eventstoredb');
  const store = await EventStoreDbEventStore.open(options);
  const stream = streamName(`package-${process.pid}`);
  const events = [{ id: eventIdOf('one', stream, 0), type: 'Counted', data: {}, metadata: {} }];
  await store.append(stream, events, { expectedRevision: 'no-stream' });
  let count = 0;
  for await (const batch of store.readStream(stream)) count += batch.length;
  await store.close();
  return count;
};

try {
  const count = await useOnce({ connectionString, ...((choice === 'kurrentdb' || choice === 'eventstoredb') && { client: choice }) });
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  const names = [KURRENT, '@eventstore/db-client'].filter((name) => loaded.some((file) => file.includes(`${name}/dist/Client/index`)));
  console.log(`${count} read by ${names.join(' and ')}`);
} catch (error) {
  if (!isMainstemError(error)) throw error;
  console.log(`${error.code}: ${error.message}`);
}
