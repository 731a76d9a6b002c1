// Instances, deadlines and effects from their read models, page by page: memory does not grow with their number.
import { nearestName } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import { servingOf } from '@mainstem/projection/operate';
import { deadlinesName, type Deadline } from '../host/deadlines.js';
import { INSTANCE_STATES, instanceId, instancesName, type Instance, type InstanceState } from '../host/instances.js';
import { effectsName, GIVEN_UP, type PendingEffect } from '../host/pending-effects.js';

const PAGE = 500;
/** Keys of one state that are compared with a mistyped one. */
const NEAR_MAX = 100;

/** A process, and the store that has its read models. */
export interface ProcessAt {
  readonly process: string;
  readonly store: Pick<ReadStore, 'generations' | 'scan'>;
}

export interface FoundAt {
  readonly states: readonly InstanceState[];
  readonly signal?: AbortSignal;
}

/**
 * By state in the given order, then by key. An instance that is stuck comes as `stuck` alone if both `stuck` and
 * `running` are asked for. A page reads 500 documents of the wanted states, and no others. Without a read model there
 * is none. Errors: those of the store.
 */
export async function* instancesIn({ process, store }: ProcessAt, { states, signal }: FoundAt): AsyncGenerator<Instance> {
  for (const state of states) {
    const from = instanceId(state, '');
    for await (const instance of documentsIn<Instance>(store, instancesName(process), { from, signal })) {
      if (instance.state !== state) break;
      if (state === 'running' && instance.stuck !== '' && states.includes('stuck')) continue;
      yield instance;
    }
  }
}

/** In order of time, then of instance. Errors: those of the store. */
export const pendingDeadlines = ({ process, store }: ProcessAt, signal?: AbortSignal): AsyncGenerator<Deadline> =>
  documentsIn<Deadline>(store, deadlinesName(process), { signal });

/** Those that wait for people, by effect, then in order of time. Errors: those of the store. */
export async function* givenUpEffects({ process, store }: ProcessAt, signal?: AbortSignal): AsyncGenerator<PendingEffect> {
  for await (const effect of documentsIn<PendingEffect>(store, effectsName(process), { from: GIVEN_UP, signal })) {
    if (!effect.id.startsWith(GIVEN_UP)) return;
    yield effect;
  }
}

/** The key of an instance that a mistyped one may mean. It looks at the keys that follow its beginning, 100 a state. */
export const keyNear = async ({ process, store }: ProcessAt, key: string): Promise<string | undefined> => {
  const found: string[] = [];
  for (const state of INSTANCE_STATES) {
    const from = instanceId(state, [...key].slice(0, Math.floor([...key].length / 2)).join(''));
    for await (const instance of documentsIn<Instance>(store, instancesName(process), { from, page: NEAR_MAX })) {
      if (instance.state !== state || found.push(instance.key) % NEAR_MAX === 0) break;
    }
  }
  return nearestName(key, found);
};

interface Pages {
  /** Strictly after this key. */
  readonly from?: string;
  readonly page?: number;
  readonly signal?: AbortSignal | undefined;
}

async function* documentsIn<Document>(store: ProcessAt['store'], projection: string, { from, page = PAGE, signal }: Pages): AsyncGenerator<Document> {
  const serving = servingOf(await store.generations(projection));
  if (!serving) return;
  for (let after = from; !signal?.aborted;) {
    const entries = await store.scan(projection, serving.number, projection, { limit: page, ...(after !== undefined && { after }) });
    for (const [, document] of entries) yield document as Document;
    if (entries.length < page) return;
    after = entries.at(-1)?.[0];
  }
}
