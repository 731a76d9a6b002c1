// The schemas on servers that the shop ledger uses, for `mainstem migrate`.
import { openSqlReadStore } from '#apps/read-models/src/read-stores.module.js';
import type { ProjectorProcessSettings } from '#apps/read-models/src/process-settings.js';
import { eventStoreAddress } from '#src/event-store/event-store-settings.js';
import type { OperatedSchema } from '@mainstem/cli';
import { migrateSchema, schemaScript, schemaVersion } from '@mainstem/postgres';
import { postgresEventsSchema } from '@mainstem/postgres/settings';

export const schemasOf = (settings: ProjectorProcessSettings): readonly OperatedSchema[] => [...eventsOf(settings), ...readModelsOf(settings)];

const eventsOf = (settings: ProjectorProcessSettings): readonly OperatedSchema[] => {
  const { eventStore } = settings;
  if (eventStore === 'embedded' || !('postgresUrl' in eventStore)) return [];
  const schema = postgresEventsSchema(eventStore);
  return [
    {
      title: `events in schema ${schema} (${eventStoreAddress(settings)})`,
      migrate: async (signal) => {
        const { from, to } = await migrateSchema({ url: eventStore.postgresUrl, signal });
        if (from === undefined) return `made, version ${to}`;
        return from === to ? `version ${to}, as it has to be` : `upgraded from version ${from} to ${to}`;
      },
      script: (roles) => schemaScript({ schema, ...roles }),
      waiting: async () => {
        const { from, to } = await schemaVersion({ url: eventStore.postgresUrl });
        if (from === undefined) return `it is not there yet; version ${to} would be made`;
        return from === to ? undefined : `version ${from} would become ${to}`;
      },
    },
  ];
};

/** Opening brings the bookkeeping to the version of the program; generations bring their own tables. */
const readModelsOf = (settings: ProjectorProcessSettings): readonly OperatedSchema[] =>
  settings.readStoreSql === 'embedded'
    ? []
    : [
        {
          title: 'read models in SQL',
          migrate: async () => {
            await (await openSqlReadStore(settings)).close();
            return 'bookkeeping as this program needs it';
          },
        },
      ];
