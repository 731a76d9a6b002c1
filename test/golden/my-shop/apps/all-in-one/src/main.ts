// Everything in one process, for development: npm start.
import 'reflect-metadata';
import { run } from '#src/run.js';
import { allInOne } from './all-in-one.js';

run('my-shop', 3000, allInOne);
