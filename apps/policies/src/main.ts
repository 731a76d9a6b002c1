// Starts the policies alone. Their health is served over HTTP.
import 'reflect-metadata';
import { runMain } from '@mainstem/nest';
import { runProjector } from '#apps/read-models/src/run-projector.js';
import { PoliciesModule } from './policies.module.js';

runMain(() => runProjector({ name: 'Policies', portDefault: 3005, module: (settings) => PoliciesModule.forRoot(settings) }));
