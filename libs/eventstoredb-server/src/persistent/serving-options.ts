// What everything that serves groups needs of the server.
import type { Runtime } from '@mainstem/event-store';
import type { EventLog } from '../log/event-log.js';

export interface ServingOptions {
  readonly log: EventLog;
  readonly runtime: Runtime;
  /** Receives failures that no caller sees. */
  readonly report: (error: unknown) => void;
}
