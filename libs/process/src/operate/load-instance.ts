// One instance for people: what it waits for, why it is stuck, what it was told last. Folded from its own stream.
import { loadAggregate } from '@mainstem/aggregate';
import type { EventReader, RecordedEvent, StreamName } from '@mainstem/event-store';
import type { InstanceState } from '../host/instances.js';
import type { EffectRequest, GivenUpEffect } from '../manager/effect-state.js';
import type { ProcessManager } from '../manager/process-manager.js';
import type { RecordedProcessEvent } from '../manager/process-events.js';
import type { PendingDeadline, ProcessState, Request, StuckRequest as Stuck } from '../manager/process-state.js';

const INPUTS = 10;

/** Asked for, and nothing known of its outcome. */
export interface OpenRequest {
  /** `<step>#<number>`. */
  readonly request: string;
  readonly step: string;
  /** Stream of the aggregate that gets the command; `outside` for an effect. */
  readonly target: string;
  /** Name of its class, or of the effect. */
  readonly command: string;
  /** When it was asked for, the last time; ISO 8601 in UTC. */
  readonly since: string;
}

const OUTSIDE = 'outside';

/** True for an effect. */
export const isOutside = ({ target }: OpenRequest): boolean => target === OUTSIDE;

export interface StuckRequest extends OpenRequest {
  readonly code: string;
  readonly message: string;
}

/** An input of the instance. */
export interface TakenIn {
  readonly type: string;
  /** The event, request or deadline. */
  readonly of: string;
  readonly recordedAt: string;
}

export interface InstanceReport {
  readonly process: string;
  readonly key: string;
  readonly stream: StreamName;
  /** Of the process, by which it was started. */
  readonly version: number;
  /** `stuck` also for one that has ended and is stuck. */
  readonly state: InstanceState;
  readonly startedAt: string;
  /** Why a person has cancelled it. */
  readonly reason?: string;
  readonly requests: readonly OpenRequest[];
  readonly stuck: readonly StuckRequest[];
  /** In order of time. */
  readonly deadlines: readonly (PendingDeadline & { readonly deadline: string })[];
  /** The last ten, the newest last. */
  readonly inputs: readonly TakenIn[];
  /** The application's own. */
  readonly applicationState: unknown;
}

/**
 * Undefined where there is no such instance. Memory does not grow with its history. Errors: those of `loadAggregate`.
 */
export const loadInstance = async (
  reader: Pick<EventReader, 'readStream'>,
  { name, aggregate }: Pick<ProcessManager, 'name' | 'aggregate'>,
  key: string,
  signal?: AbortSignal,
): Promise<InstanceReport | undefined> => {
  const since = new Map<string, string>();
  const inputs: TakenIn[] = [];
  let startedAt: string | undefined;
  let reason: string | undefined;
  const note = (event: RecordedProcessEvent): void => {
    startedAt ??= event.recordedAt;
    if (event.type === 'CommandRequested' || event.type === 'EffectRequested') since.set(event.data.request, event.recordedAt);
    if (event.type === 'CommandAccepted') since.delete(event.data.request);
    if (event.type === 'ProcessEnded') reason = event.data.reason ?? reason;
    const input = inputOf(event);
    if (input !== undefined && inputs.push(input) > INPUTS) inputs.shift();
  };
  const onEvents = (events: readonly RecordedEvent[]): void => events.forEach((event) => note(event as RecordedProcessEvent));
  const { stream, state } = await loadAggregate(reader, aggregate, key, { onEvents, ...(signal && { signal }) });
  if (startedAt === undefined) return undefined;
  const open = (request: string, { step, category, id, command }: Request): OpenRequest => ({
    request,
    step,
    target: `${category}-${id}`,
    command,
    since: since.get(request) ?? '',
  });
  const outside = (request: string, { step, effect }: EffectRequest): OpenRequest => ({
    request,
    step,
    target: OUTSIDE,
    command: effect,
    since: since.get(request) ?? '',
  });
  return {
    process: name,
    key,
    stream,
    version: state.version ?? 0,
    state: stateOf(state),
    startedAt,
    ...(reason !== undefined && { reason }),
    requests: [
      ...Object.entries(state.pending).map(([request, asked]) => open(request, asked)),
      ...Object.entries(state.effects).map(([request, asked]) => outside(request, asked)),
    ],
    stuck: [
      ...Object.entries(state.stuck).map(([request, asked]) => ({ ...open(request, asked), ...whyOf(asked) })),
      ...Object.entries(state.givenUp).map(([request, asked]) => ({ ...outside(request, asked), ...whyOf(asked) })),
    ],
    deadlines: Object.entries(state.deadlines)
      .map(([deadline, pending]) => ({ deadline, ...pending }))
      .toSorted((left, right) => (left.at < right.at ? -1 : Number(left.at > right.at))),
    inputs,
    applicationState: state.state,
  };
};

const whyOf = ({ code, message }: Stuck | GivenUpEffect): Pick<StuckRequest, 'code' | 'message'> => ({ code, message });

const stateOf = ({ isEnded, isCancelled, stuck, givenUp }: ProcessState): InstanceState => {
  if (isCancelled) return 'cancelled';
  if (Object.keys({ ...stuck, ...givenUp }).length > 0) return 'stuck';
  return isEnded ? 'ended' : 'running';
};

const inputOf = ({ type, data, recordedAt }: RecordedProcessEvent): TakenIn | undefined => {
  switch (type) {
    case 'EventTakenIn':
      return { type, of: `${data.source.stream}@${data.source.revision} ${data.source.type}`, recordedAt };
    case 'CommandAccepted':
    case 'CommandTookEffectLate':
    case 'EffectSucceeded':
    case 'EffectSucceededLate':
    case 'EffectDiscarded':
      return { type, of: data.request, recordedAt };
    case 'CommandDeclined':
    case 'EffectAttemptFailed':
    case 'EffectFailed':
    case 'EffectGivenUp':
      return { type, of: `${data.request} ${data.code}`, recordedAt };
    case 'DeadlineReached':
      return { type, of: data.deadline, recordedAt };
    default:
      return undefined;
  }
};
