// Fills the cache and does nothing else: npm run start:cache-projector.
import 'reflect-metadata';
import { projectorOf } from '#apps/read-models/src/projector.js';
import { run } from '#src/run.js';

run('my-shop: cache projector', 3003, (settings) => projectorOf(settings, ['cache']));
