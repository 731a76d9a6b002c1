// The command side, one projector for all read models, and the query API.
import { QueryApiModule } from '#apps/query-api/src/query-api.module.js';
import { projectorOf } from '#apps/read-models/src/projector.js';
import { CommandsModule } from '#src/commands.module.js';
import type { Imports } from '#src/run.js';

export const allInOne: Imports = (settings) => [CommandsModule, ...projectorOf(settings, ['sql', 'cache', 'search']), QueryApiModule];
