// The token under which modules find the application's telemetry, where it has any.

/** The application's `Telemetry`; provided only where something is switched on. */
export const TELEMETRY = Symbol.for('mainstem:telemetry');
