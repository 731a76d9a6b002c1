// Starts the sql projector alone. Its health is served over HTTP.
import 'reflect-metadata';
import { runMain } from '@mainstem/nest';
import { ProjectorProcessModule } from '#apps/read-models/src/projector-process.module.js';
import { runProjector } from '#apps/read-models/src/run-projector.js';
import { hostedOnSql } from './sql-projections.js';

runMain(() =>
  runProjector({
    name: 'SQL projector',
    portDefault: 3002,
    module: (settings) => ProjectorProcessModule.forRoot(settings, { store: 'sql', hosted: hostedOnSql }),
  }),
);
