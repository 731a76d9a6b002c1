// Makes an application: the frame, then its first aggregate and projections in the same way as later ones are added.
import { addAggregate } from './add-aggregate.js';
import { addProjection } from './add-projection.js';
import type { Files } from './files.js';
import { assertApplicationName, type ApplicationModel, type PackageSources } from './request/application-model.js';
import { composeFile, CI, dockerfile, envExample } from './templates/deployment.js';
import { DOCKERIGNORE, GITIGNORE, nestCli, OXLINT, packageFile, PRETTIER, TSCONFIG, VITEST } from './templates/packages.js';
import { readmeFile } from './templates/readme.js';
import {
  AGGREGATES,
  ALL_IN_ONE,
  allInOneMain,
  applicationSpec,
  CACHE_PROJECTIONS,
  cliApplication,
  COMMANDS_MODULE,
  commandSideMain,
  eventStoreFile,
  FOUND,
  PROJECTOR,
  projectorMain,
  QUERY_MODULE,
  queryApiMain,
  readStoresFile,
  RUN,
  SEARCH_PROJECTIONS,
  settingsFile,
  SQL_PROJECTIONS,
} from './templates/sources.js';

/** All files of a new application, by path below its folder. Errors: SCHEMATICS_INVALID_REQUEST. */
export const newApplication = (model: ApplicationModel, sources: PackageSources): Files => {
  assertApplicationName(model.name);
  const ordered = addAggregate(frame(model, sources), { name: 'Order', events: 'Placed(customer:string, product:string, total:decimal), Shipped()' });
  const listed = addProjection(ordered, { name: 'order-list', store: 'sql', events: 'Order.Placed, Order.Shipped', key: 'stream' });
  const counted = addProjection(listed, { name: 'orders-by-customer', store: 'cache', events: 'Order.Placed', key: 'customer' });
  return addProjection(counted, { name: 'order-search', store: 'search', events: 'Order.Placed, Order.Shipped', key: 'stream' });
};

const frame = (model: ApplicationModel, sources: PackageSources): Files =>
  new Map([
    ['.dockerignore', DOCKERIGNORE],
    ['.env.example', envExample(model)],
    ['.github/workflows/ci.yml', CI],
    ['.gitignore', GITIGNORE],
    ['.oxlintrc.json', OXLINT],
    ['.prettierrc.json', PRETTIER],
    ['Dockerfile', dockerfile()],
    ['README.md', readmeFile(model)],
    ['docker-compose.yml', composeFile(model)],
    ['nest-cli.json', nestCli(model.name)],
    ['package.json', packageFile(model, sources)],
    ['tsconfig.json', TSCONFIG],
    ['vitest.config.ts', VITEST],
    ['src/aggregates.ts', AGGREGATES],
    ['src/commands.module.ts', COMMANDS_MODULE],
    ['src/event-store.ts', eventStoreFile(model)],
    ['src/main.ts', commandSideMain(model.name)],
    ['src/run.ts', RUN],
    ['src/settings.ts', settingsFile(model)],
    ['apps/all-in-one/src/all-in-one.ts', ALL_IN_ONE],
    ['apps/all-in-one/src/main.ts', allInOneMain(model.name)],
    ['apps/cache-projector/src/cache-projections.ts', CACHE_PROJECTIONS],
    ['apps/cache-projector/src/main.ts', projectorMain(model.name, 'cache')],
    ['apps/mainstem.application.ts', cliApplication(model.name)],
    ['apps/query-api/src/found.ts', FOUND],
    ['apps/query-api/src/main.ts', queryApiMain(model.name)],
    ['apps/query-api/src/query-api.module.ts', QUERY_MODULE],
    ['apps/read-models/src/projector.ts', PROJECTOR],
    ['apps/read-models/src/read-stores.ts', readStoresFile(model)],
    ['apps/search-projector/src/main.ts', projectorMain(model.name, 'search')],
    ['apps/search-projector/src/search-projections.ts', SEARCH_PROJECTIONS],
    ['apps/sql-projector/src/main.ts', projectorMain(model.name, 'sql')],
    ['apps/sql-projector/src/sql-projections.ts', SQL_PROJECTIONS],
    ['test/application.spec.ts', applicationSpec()],
  ]);
