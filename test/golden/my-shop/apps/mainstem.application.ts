// The application for the mainstem command; package.json names this file.
import 'reflect-metadata';
import { hostedOn } from '#apps/read-models/src/projector.js';
import { OPEN } from '#apps/read-models/src/read-stores.js';
import { aggregates } from '#src/aggregates.js';
import { openEventStore } from '#src/event-store.js';
import { settingRows, type Settings } from '#src/settings.js';
import { defineApplication, type ApplicationSettings, type OpenReadModels } from '@mainstem/cli';
import { allOrNone } from '@mainstem/event-store';
import { readSettings } from '@mainstem/event-store/settings';

const rows = settingRows(3000);
const settingsOf = ({ dir, env }: ApplicationSettings): Settings => readSettings(rows, dir === undefined ? [] : ['--dir', dir], env);

const openReadModels = async (given: ApplicationSettings): Promise<OpenReadModels> => {
  const settings = settingsOf(given);
  const [sql, cache, search] = await allOrNone([OPEN.sql(settings, true), OPEN.cache(settings, true), OPEN.search(settings, true)] as const);
  return {
    projections: [...hostedOn('sql', sql, settings), ...hostedOn('cache', cache, settings), ...hostedOn('search', search, settings)],
    stores: [sql, cache, search],
    close: async () => {
      for (const store of [sql, cache, search]) await store.close();
    },
  };
};

export const application = defineApplication({
  name: 'my-shop',
  aggregates,
  settings: rows,
  openEvents: (given) => openEventStore(settingsOf(given), true),
  openEventStore: (given) => openEventStore(settingsOf(given)),
  openReadModels,
});
