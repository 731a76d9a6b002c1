// Starts the cache projector alone. Its health is served over HTTP.
import 'reflect-metadata';
import { runMain } from '@mainstem/nest';
import { runProjector } from '#apps/read-models/src/run-projector.js';
import { CacheProjectorModule } from './cache-projector.module.js';

runMain(() => runProjector({ name: 'Cache projector', portDefault: 3003, module: (settings) => CacheProjectorModule.forRoot(settings) }));
