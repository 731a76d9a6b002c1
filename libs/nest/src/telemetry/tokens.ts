// The token of the application's telemetry, if it has any.

/** The application's `Telemetry`; provided only where something is switched on. */
export const TELEMETRY = Symbol.for('mainstem:telemetry');
