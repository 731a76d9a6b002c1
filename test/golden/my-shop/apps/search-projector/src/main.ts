// Fills the search index and does nothing else: npm run start:search-projector.
import 'reflect-metadata';
import { projectorOf } from '#apps/read-models/src/projector.js';
import { run } from '#src/run.js';

run('my-shop: search projector', 3004, (settings) => projectorOf(settings, ['search']));
