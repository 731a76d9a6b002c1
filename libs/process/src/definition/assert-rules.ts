// Checks what a definition is made of, for programs whose types say nothing. Errors: PROCESS_INVALID_DEFINITION.
import { changeablePartOf } from '@mainstem/aggregate/host';
import { streamPrefixOf, type EventRegistry } from '@mainstem/event-store';
import { InvalidProcess } from '../errors.js';

export const assertList = (process: string, name: string, value: unknown): void => {
  if (!Array.isArray(value)) throw new InvalidProcess(process, `${name} must be a list`);
};

export const assertFunction = (process: string, name: string, value: unknown): void => {
  if (typeof value !== 'function') throw new InvalidProcess(process, `${name} must be a function`);
};

export const assertRegistries = (process: string, events: unknown): void => {
  assertList(process, 'events', events);
  for (const one of events as readonly (Partial<EventRegistry> | undefined)[])
    if (typeof one?.category !== 'string' || typeof one.has !== 'function')
      throw new InvalidProcess(process, 'events must be a list of what defineEvents returns');
};

/** Streams of instances must be those of no other category: each would read the events of the other one. */
export const assertOwnCategory = (process: string, categories: readonly string[]): void => {
  const prefix = streamPrefixOf(process);
  const other = categories.find((one) => one === process || one.startsWith(prefix) || process.startsWith(streamPrefixOf(one)));
  if (other === undefined) return;
  const rule = 'neither name may be the other one, or begin with it and a dash';
  throw new InvalidProcess(process, `its instances could have the streams of category ${other}; ${rule}`);
};

/** What every host needs; `methods` are those that it calls of its executor. */
export const assertHost = (process: string, options: unknown, methods: readonly ('execute' | 'executeAll')[] = ['execute']): void => {
  const { executor, store } = Object(options) as { readonly executor?: Readonly<Record<string, unknown>>; readonly store?: unknown };
  const missing = methods.find((method) => typeof executor?.[method] !== 'function');
  if (missing !== undefined) throw new InvalidProcess(process, `its host needs an executor with ${missing}, such as a CommandExecutor`);
  if (Object(store) !== store) throw new InvalidProcess(process, 'its host needs a read store');
};

/** All instances begin with the same one: a change by one would be seen by all. Freezes it. */
export const assertInitialState = (process: string, initialState: unknown): void => {
  const changeable = changeablePartOf(initialState);
  if (changeable !== undefined)
    throw new InvalidProcess(process, `its initialState holds a ${changeable}, which can be changed although it is frozen; hold plain data instead`);
};

const OUTCOMES = ['accepted', 'declined', 'late', 'succeeded', 'failed', 'succeededLate'] as const;
const FUNCTIONS = ['evolve', 'react'] as const;

export const assertOutcomes = (process: string, outcomes: unknown): void => {
  for (const [step, rules] of membersOf(process, 'outcomes', outcomes))
    for (const [outcome, handling] of membersOf(process, `the rules of step ${step}`, rules, OUTCOMES))
      assertHandling(process, `${outcome} of ${step}`, handling);
};

export const assertDeadlines = (process: string, deadlines: unknown): void => {
  for (const [name, handling] of membersOf(process, 'deadlines', deadlines)) assertHandling(process, `the rules of deadline ${name}`, handling);
};

const assertHandling = (process: string, name: string, handling: unknown): void => {
  for (const [member, run] of membersOf(process, name, handling, FUNCTIONS)) assertFunction(process, `${member} in ${name}`, run);
};

/** Those that are given. */
const membersOf = (process: string, name: string, value: unknown, allowed?: readonly string[]): readonly (readonly [string, unknown])[] => {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new InvalidProcess(process, `${name} must be an object${allowed ? ` with ${allowed.join(', ')}` : ''}`);
  const unknown = Object.keys(value).find((member) => allowed && !allowed.includes(member));
  if (unknown !== undefined) throw new InvalidProcess(process, `${name} has no member ${unknown}; there are ${allowed?.join(', ')}`);
  return Object.entries(value).filter(([, member]) => member !== undefined);
};
