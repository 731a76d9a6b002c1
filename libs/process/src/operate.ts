// For operators of processes: find instances, look at one, look at deadlines. The command line is made from it.

// Find.
export { givenUpEffects, instancesIn, keyNear, pendingDeadlines, type FoundAt, type ProcessAt } from './operate/finding.js';
export { INSTANCE_STATES, instancesOf, type InstanceState } from './host/instances.js';
export { deadlinesOf } from './host/deadlines.js';
export { pendingEffectsOf } from './host/pending-effects.js';

// Look at one.
export { isOutside, loadInstance, type InstanceReport, type OpenRequest, type StuckRequest, type TakenIn } from './operate/load-instance.js';

// Replay what is parked.
export { reactionsOf } from './host/host-process.js';

// Make an input by hand, for tests.
export { storedSource } from './manager/source-event.js';
