// For programs that start the server with the same flags, such as the event store application.
export { serve, type ServeOptions } from './serve.js';
export { SERVER_ABOUT, serverSettings, type ServerSettings } from './server-settings.js';
