// Reactors, process managers, their effects and deadlines. What operators need: /operate.

// Define what follows from events.
export { processManager, type ProcessManager, type ProcessManagerOptions, type ProcessVersion } from './manager/process-manager.js';
export { reactor, type Reactor, type ReactorOptions, type SentCommand } from './reactor.js';

// Say what is to be done.
export { after, at, cancelDeadline, end, perform, send, type Action, type CommandTarget, type Perform, type Send } from './action/actions.js';
export { effect, resultOf, type Effect, type EffectOptions, type EffectPolicy } from './action/effect.js';
export type { Accepted, CommandsFor, Declined, Due, Failed, Handling, Outcomes, Succeeded } from './manager/process-rules.js';

// Run it.
export { DeadlineClock, type DeadlineClockOptions } from './host/deadline-clock.js';
export { Deadline } from './host/deadlines.js';
export { Instance } from './host/instances.js';
export { EffectRunner, type EffectRunnerOptions } from './host/effect-runner.js';
export { hostProcess, type EffectsHostOptions, type ProcessHostOptions } from './host/host-process.js';
export { PendingEffect } from './host/pending-effects.js';
export { performer, type Attempt, type Performer } from './host/performer.js';
export { hostReactor, hostReactorWithEffects, type EffectReactorHostOptions, type ReactorHostOptions } from './reactor.js';

// Its failures.
export * from './errors.js';
