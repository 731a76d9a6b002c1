// Starts the sql projector alone. Its health is served over HTTP.
import 'reflect-metadata';
import { runMain } from '@mainstem/nest';
import { runProjector } from '#apps/read-models/src/run-projector.js';
import { SqlProjectorModule } from './sql-projector.module.js';

runMain(() => runProjector({ name: 'SQL projector', portDefault: 3002, module: (settings) => SqlProjectorModule.forRoot(settings) }));
