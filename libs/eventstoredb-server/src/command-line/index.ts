// For programs that start the server by the same flags: the event store application does.
export { serve, type ServeOptions } from './serve.js';
export { CommandLineInvalid, readServerSettings, SERVER_HELP, type Environment, type ServerSettings } from './server-settings.js';
