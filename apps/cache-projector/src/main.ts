// Starts the cache projector alone. Its health is served over HTTP.
import 'reflect-metadata';
import { runMain } from '@mainstem/nest';
import { ProjectorProcessModule } from '#apps/read-models/src/projector-process.module.js';
import { runProjector } from '#apps/read-models/src/run-projector.js';
import { hostedOnCache } from './cache-projections.js';

runMain(() =>
  runProjector({
    name: 'Cache projector',
    portDefault: 3003,
    module: (settings) => ProjectorProcessModule.forRoot(settings, { store: 'cache', hosted: hostedOnCache }),
  }),
);
