// Starts the search projector alone. Its health is served over HTTP.
import 'reflect-metadata';
import { runMain } from '@mainstem/nest';
import { runProjector } from '#apps/read-models/src/run-projector.js';
import { SearchProjectorModule } from './search-projector.module.js';

runMain(() => runProjector({ name: 'Search projector', portDefault: 3004, module: (settings) => SearchProjectorModule.forRoot(settings) }));
