// The SQL read store on SQLite.
import { SqlReadStore } from '@mainstem/sql';
import { toldEntities } from './told-entities.js';
import { inItsFolder } from './store-under-test.js';

export const store = inItsFolder(({ dir }) => SqlReadStore.open({ dir }, { entities: toldEntities }));
