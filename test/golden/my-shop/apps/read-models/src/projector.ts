// A projector for the read models of some stores: one reader of the event store, and health over HTTP.
import { cacheProjections } from '#apps/cache-projector/src/cache-projections.js';
import { searchProjections } from '#apps/search-projector/src/search-projections.js';
import { sqlProjections } from '#apps/sql-projector/src/sql-projections.js';
import type { Imports } from '#src/run.js';
import type { Settings } from '#src/settings.js';
import type { EventReader } from '@mainstem/event-store';
import { EVENT_STORE, eventStoreHealth, HealthModule, projectorHealth, ProjectorModule } from '@mainstem/nest';
import { partitioned, Projector, type HostedProjection, type ReadStore } from '@mainstem/projection';
import { openReadStores, TOKENS, type StoreName } from './read-stores.js';

const PROJECTIONS = { sql: sqlProjections, cache: cacheProjections, search: searchProjections } as const;

/** The projections of a store, as the settings want them to run. */
export const hostedOn = (name: StoreName, store: ReadStore, { partitions, rebuild }: Settings): readonly HostedProjection[] =>
  PROJECTIONS[name].map((projection) => ({ projection: partitioned(projection, partitions[projection.name] ?? 1), store, rebuild }));

export const projectorOf = (settings: Settings, names: readonly StoreName[]): ReturnType<Imports> => [
  openReadStores(settings, names),
  ProjectorModule.forRootAsync({
    inject: names.map((name) => TOKENS[name]),
    useFactory: (...stores: ReadStore[]) => names.flatMap((name, place) => hostedOn(name, stores[place] as ReadStore, settings)),
    leaseMs: settings.leaseMs,
  }),
  HealthModule.forRootAsync({
    inject: [EVENT_STORE, Projector],
    useFactory: (reader: EventReader, projector: Projector) => [eventStoreHealth(reader), projectorHealth(projector)],
  }),
];
