// Breaks no-folder-cycles: run imports fold, and here fold imports run.
export { runner } from '../run/runner.js';
