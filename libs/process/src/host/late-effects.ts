// Finds effects in the log whose sender has ended before it told them. The outbox sends only what is pending, so
// without this an effect that came after its refusal was recorded would stay unknown.
import { commandIdFrom } from '@mainstem/aggregate/host';
import { isMainstemError, streamOf, streamPrefixOf, type RecordedEvent } from '@mainstem/event-store';
import { reaction, type Reaction } from '@mainstem/projection/reaction';
import type { ProcessManager } from '../manager/process-manager.js';
import { contextAfter, isTrouble, ofCommand, type Executor } from './execution.js';
import type { ToldEffects } from './told-effects.js';

const REQUEST = /^[a-z0-9-]+#[0-9]+$/;

/** A request of an instance, as the id of its command names it. */
interface Sender {
  readonly key: string;
  readonly request: string;
}

/**
 * None where the process sends no commands. Each effect is told as an accepted command. For a pending one it is the
 * outcome, for a declined one it is a late effect, and else it changes nothing.
 */
export const lateEffectsOf = (manager: ProcessManager, executor: Executor, told: ToldEffects): readonly Reaction[] => {
  const { name, sends, aggregate, startsAt } = manager;
  const registries = [...new Set(sends.map((target) => target.aggregate.events))];
  if (registries.length === 0) return [];
  const late = reaction({
    name: `${name}-late`,
    events: registries,
    startsAt,
    key: (event) => senderOf(name, event)?.key ?? null,
    isTrouble,
    react: async (event, { signal }) => {
      const { commandId = '' } = event.metadata;
      const sender = senderOf(name, event);
      if (!sender || told.has(event.stream, commandId)) return;
      const { key, request } = sender;
      const context = contextAfter(event, commandIdFrom('found', event.id), signal);
      const accept = { kind: 'accept', request, from: event.stream, position: String(event.position) } as const;
      await ofCommand(executor.execute(aggregate, key, accept, context));
      told.add(event.stream, commandId);
    },
  });
  return [late];
};

/** The id is `<stream of the instance>:<request>`, unless it had to be shortened: then it is none of these. */
const senderOf = (process: string, { metadata }: Pick<RecordedEvent, 'metadata'>): Sender | undefined => {
  const { commandId = '' } = metadata;
  const [prefix, cut] = [streamPrefixOf(process), commandId.lastIndexOf(':')];
  if (!commandId.startsWith(prefix) || cut <= prefix.length) return undefined;
  const [key, request] = [commandId.slice(prefix.length, cut), commandId.slice(cut + 1)];
  return REQUEST.test(request) && isKey(process, key) ? { key, request } : undefined;
};

/** Clients choose ids, too: one that only looks like ours is no failure. */
const isKey = (process: string, key: string): boolean => {
  try {
    streamOf(process, key);
    return true;
  } catch (error) {
    if (isMainstemError(error, 'EVENT_STORE_INVALID_INPUT')) return false;
    throw error;
  }
};
