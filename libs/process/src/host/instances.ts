// The instances of a process as a read model in order of their state, so that few are found among many.
import { documentProjection, type DocumentProjection } from '@mainstem/projection';
import { streamPrefixOf } from '@mainstem/event-store';
import type { ProcessManager } from '../manager/process-manager.js';
import { LATE } from '../manager/process-state.js';

/** `running` has not ended; `cancelled` was ended by a person. One that is stuck is listed as `stuck`, too. */
export const INSTANCE_STATES = ['stuck', 'running', 'ended', 'cancelled'] as const;
export type InstanceState = (typeof INSTANCE_STATES)[number];

export class Instance {
  /** Begins with the state, so that keys are in order of it. */
  id!: string;
  process!: string;
  /** Of the instance. */
  key!: string;
  state!: InstanceState;
  /** When it came into this state, ISO 8601 in UTC. */
  since!: string;
  /** Names of its stuck requests and of its effects that were given up, with spaces between; empty for none. */
  stuck!: string;
  /** The last refusal that left it stuck, or why it was cancelled; empty for none. At most 500 characters. */
  reason!: string;
}

/** Name of the read model of a process's instances, and of its collection. */
export const instancesName = (process: string): string => `${process}-instances`;

/** Key of the document of an instance in a state. */
export const instanceId = (state: InstanceState, key: string): string => `${state} ${key}`;

const REASON_LENGTH_MAX = 500;
const LATE_REASON = `${LATE.code}: ${LATE.message}`;

/** The projection of that read model. It writes when an instance starts, ends, gets stuck, or is helped on. */
export const instancesOf = (
  { name, events }: Pick<ProcessManager, 'name' | 'events'>,
  document: new () => Instance = Instance,
): DocumentProjection => {
  const prefix = streamPrefixOf(name);
  return documentProjection({
    name: instancesName(name),
    version: 1,
    document,
    events: [events],
    key: (event) => {
      const ids = (...states: readonly InstanceState[]): readonly string[] =>
        states.map((state) => instanceId(state, event.stream.slice(prefix.length)));
      switch (event.type) {
        case 'EventTakenIn':
          return ids('running');
        case 'CommandRequested':
          return event.data.isRetry ? ids('running', 'stuck') : null;
        case 'CommandDeclined':
        case 'CommandTookEffectLate':
          return event.data.isStuck ? ids('running', 'stuck') : null;
        case 'EffectGivenUp':
          return ids('running', 'stuck');
        case 'EffectRequested':
          return event.data.was === undefined ? null : ids('running', 'stuck');
        case 'EffectSucceeded':
        case 'EffectDiscarded':
          return event.data.wasGivenUp ? ids('running', 'stuck') : null;
        case 'ProcessEnded':
          return event.data.reason === undefined ? ids('running', 'ended') : ids('running', 'stuck', 'ended', 'cancelled');
        default:
          return null;
      }
    },
    evolve: {
      EventTakenIn: (running, event, id) => running ?? begun(prefix, event, id),
      CommandRequested: (instance, { data }) => instance && released(instance, data.request),
      CommandDeclined: (instance, event, id) => halted(instance, prefix, event, id, `${event.data.code}: ${event.data.message}`),
      CommandTookEffectLate: (instance, event, id) => halted(instance, prefix, event, id, LATE_REASON),
      EffectGivenUp: (instance, event, id) => halted(instance, prefix, event, id, `${event.data.code}: ${event.data.message}`),
      EffectRequested: (instance, { data }) => instance && released(instance, data.request),
      EffectSucceeded: (instance, { data }) => instance && released(instance, data.request),
      EffectDiscarded: (instance, { data }) => instance && released(instance, data.request),
      ProcessEnded: (_, event, id) => {
        const { reason } = event.data;
        return stateOf(id) === (reason === undefined ? 'ended' : 'cancelled') ? begun(prefix, event, id, reason) : null;
      },
    },
  });
};

interface Told {
  readonly stream: string;
  readonly recordedAt: string;
}

const stateOf = (id: string): InstanceState => id.slice(0, id.indexOf(' ')) as InstanceState;

const begun = (prefix: string, { stream, recordedAt }: Told, id: string, reason = ''): Instance => ({
  id,
  process: prefix.slice(0, -1),
  key: stream.slice(prefix.length),
  state: stateOf(id),
  since: recordedAt,
  stuck: '',
  reason: reason.slice(0, REASON_LENGTH_MAX),
});

/** An instance that has ended gets a document in state `stuck`, and none in state `running`. */
const halted = (
  instance: Instance | null,
  prefix: string,
  event: Told & { readonly data: { readonly request: string } },
  id: string,
  reason: string,
): Instance | null => {
  if (!instance && stateOf(id) !== 'stuck') return null;
  const before = instance ?? begun(prefix, event, id);
  const names = new Set([...namesIn(before), event.data.request]);
  return { ...before, stuck: [...names].join(' '), reason: reason.slice(0, REASON_LENGTH_MAX) };
};

const released = (instance: Instance, request: string): Instance | null => {
  const names = namesIn(instance).filter((name) => name !== request);
  if (names.length === 0 && instance.state === 'stuck') return null;
  return { ...instance, stuck: names.join(' '), reason: names.length === 0 ? '' : instance.reason };
};

const namesIn = ({ stuck }: Instance): readonly string[] => (stuck === '' ? [] : stuck.split(' '));
