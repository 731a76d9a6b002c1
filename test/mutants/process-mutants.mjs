// Faults put into process managers: what they do twice, or hide from operators.

/** @typedef {import('./mutants.mjs').Mutant} Mutant */

const INSTANCES = ['libs/process/src/instances.spec.ts'];
const MANAGERS = ['libs/process/src/process-manager.spec.ts'];

/** @type {readonly Mutant[]} */
export const processMutants = [
  {
    name: 'a look at deadlines reads a page while none is due',
    file: 'libs/process/src/host/deadline-clock.ts',
    from: '= [undefined, 1]; serving;',
    to: '= [undefined, PAGE]; serving;',
    suites: INSTANCES,
  },
  {
    name: 'only the first page of deadlines that are due is told',
    file: 'libs/process/src/host/deadline-clock.ts',
    from: 'if (due.length < limit || this.stopped.aborted) break;',
    to: 'if (due.length < limit || limit === PAGE || this.stopped.aborted) break;',
    suites: INSTANCES,
  },
  {
    name: 'an instance that has ended is listed among those that go on',
    file: 'libs/process/src/host/instances.ts',
    from: "ids('running', 'ended')",
    to: "ids('ended')",
    suites: INSTANCES,
  },
  {
    name: 'an instance that was cancelled is still listed as stuck',
    file: 'libs/process/src/host/instances.ts',
    from: "ids('running', 'stuck', 'ended', 'cancelled')",
    to: "ids('running', 'ended', 'cancelled')",
    suites: INSTANCES,
  },
  {
    name: 'an instance that was sent again is still listed as stuck',
    file: 'libs/process/src/host/instances.ts',
    from: "event.data.isRetry ? ids('running', 'stuck') : null",
    to: 'null',
    suites: INSTANCES,
  },
  {
    name: 'effects whose sender has ended are not looked for',
    file: 'libs/process/src/host/late-effects.ts',
    from: 'if (registries.length === 0) return [];',
    to: 'return [];',
    suites: ['libs/process/src/late-effects.spec.ts'],
  },
  {
    name: 'a command of another stream under the id of a request is taken for its effect',
    file: 'libs/process/src/host/late-effects.ts',
    from: 'request, from: event.stream, position',
    to: 'request, position',
    suites: ['libs/process/src/late-effects.spec.ts'],
  },
  {
    name: 'a request is sent again after its outcome was recorded',
    file: 'libs/process/src/host/outbox.ts',
    from: "if (!(await isOpen(tell({ kind: 'begin', request })))) return;",
    to: '',
    suites: MANAGERS,
  },
];
