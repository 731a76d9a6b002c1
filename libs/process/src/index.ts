// Reactors, process managers and deadlines. What operators need: /operate.

// Define what follows from events.
export { processManager, type ProcessManager, type ProcessManagerOptions, type ProcessVersion } from './manager/process-manager.js';
export { reactor, type Reactor, type ReactorOptions, type SentCommand } from './reactor.js';

// Say what is to be done.
export { after, at, cancelDeadline, end, send, type Action, type CommandTarget, type Send } from './action/actions.js';
export type { Accepted, CommandsFor, Declined, Due, Handling, Outcomes } from './manager/process-rules.js';

// Run it.
export { DeadlineClock, type DeadlineClockOptions } from './host/deadline-clock.js';
export { Deadline } from './host/deadlines.js';
export { Instance } from './host/instances.js';
export { hostProcess, type ProcessHostOptions } from './host/host-process.js';
export { hostReactor, type ReactorHostOptions } from './reactor.js';

// Its failures.
export * from './errors.js';
