// Executes what the instances of a process manager have asked for, and tells them what came of it.
import { isCommandRefused } from '@mainstem/aggregate';
import { commandIdFrom } from '@mainstem/aggregate/host';
import { isMainstemError, streamOf, streamPrefixOf, type RecordedEvent } from '@mainstem/event-store';
import { reaction, type Reaction } from '@mainstem/projection/reaction';
import { instanceOf } from '../definition/instance-of.js';
import type { ProcessManager } from '../manager/process-manager.js';
import type { CommandRequestedData } from '../manager/process-events.js';
import type { ProcessCommand } from '../manager/process-aggregate.js';
import { InvalidAction } from '../errors.js';
import { contextAfter, isTrouble, ofCommand, type Executor } from './execution.js';
import type { ToldEffects } from './told-effects.js';

/** A request is always sent under the same id, by any host, any number of times; its outcome is recorded once. */
export const outboxOf = (manager: ProcessManager, executor: Executor, effects: ToldEffects): Reaction => {
  const { name, events, aggregate } = manager;
  const prefix = streamPrefixOf(name);
  return reaction({
    name: `${name}-outbox`,
    events: [events],
    types: ['CommandRequested'],
    startsAt: 'first-event',
    isTrouble,
    react: async (event, { signal }) => {
      if (event.type !== 'CommandRequested') return;
      const key = event.stream.slice(prefix.length);
      const { request, category, id } = event.data;
      const tell = (told: ProcessCommand): Promise<unknown> =>
        ofCommand(executor.execute(aggregate, key, told, contextAfter(event, commandIdFrom('told', event.id, told.kind), signal)));
      // After its outcome was recorded, it must not be sent again: a refusal leaves no trace at the receiver.
      if (!(await isOpen(tell({ kind: 'begin', request })))) return;
      const outcome = await outcomeOf(manager, executor, event, signal);
      await tell(outcome);
      if (outcome.kind === 'accept') effects.add(streamOf(category, id), commandIdFrom(event.stream, request));
    },
  });
};

const isOpen = async (begun: Promise<unknown>): Promise<boolean> => {
  try {
    await begun;
    return true;
  } catch (error) {
    if (isMainstemError(error, 'PROCESS_REFUSED')) return false;
    throw error;
  }
};

const outcomeOf = async (
  manager: ProcessManager,
  executor: Executor,
  event: RecordedEvent<string, CommandRequestedData>,
  signal: AbortSignal,
): Promise<ProcessCommand> => {
  const { request, id } = event.data;
  const { aggregate, command } = commandIn(manager, event.data);
  const context = contextAfter(event, commandIdFrom(event.stream, request), signal);
  try {
    const { position } = await ofCommand(executor.execute(aggregate as never, id, command as never, context));
    return { kind: 'accept', request, ...(position !== undefined && { position: String(position) }) };
  } catch (error) {
    if (!isCommandRefused(error)) throw error;
    return { kind: 'decline', request, code: error.code, message: error.message };
  }
};

/** Errors: PROCESS_INVALID_ACTION for a command that this program does not name. */
const commandIn = (
  { name, sends }: ProcessManager,
  { category, command, data }: CommandRequestedData,
): { readonly aggregate: object; readonly command: object } => {
  for (const { aggregate, commands } of sends) {
    if (aggregate.category !== category) continue;
    const named = commands.find((known) => known.name === command);
    if (named) return { aggregate, command: instanceOf(named, data) };
  }
  throw new InvalidAction(name, `a command ${command} for ${category} was asked for, and sends does not name it any more`);
};
