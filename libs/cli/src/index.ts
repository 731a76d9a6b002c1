// Public surface of @mainstem/cli: an application's description for the command line.
export * from './application.js';
export * from './errors.js';
export { main } from './main.js';
