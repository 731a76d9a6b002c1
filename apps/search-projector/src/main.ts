// Starts the search projector alone. Its health is served over HTTP.
import 'reflect-metadata';
import { runMain } from '@mainstem/nest';
import { ProjectorProcessModule } from '#apps/read-models/src/projector-process.module.js';
import { runProjector } from '#apps/read-models/src/run-projector.js';
import { hostedOnSearch } from './search-projections.js';

runMain(() =>
  runProjector({
    name: 'Search projector',
    portDefault: 3004,
    module: (settings) => ProjectorProcessModule.forRoot(settings, { store: 'search', hosted: hostedOnSearch }),
  }),
);
