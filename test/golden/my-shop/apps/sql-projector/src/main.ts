// Fills the SQL read models and does nothing else: npm run start:sql-projector.
import 'reflect-metadata';
import { projectorOf } from '#apps/read-models/src/projector.js';
import { run } from '#src/run.js';

run('my-shop: SQL projector', 3002, (settings) => projectorOf(settings, ['sql']));
