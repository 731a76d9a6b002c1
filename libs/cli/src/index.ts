// Public surface of @mainstem/cli: what an application says about itself to the command line.
export * from './application.js';
export * from './errors.js';
export { main } from './main.js';
