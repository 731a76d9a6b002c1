// How reactors and process managers execute commands: under their own ids, in the conversation of the causing event.
import type { CommandContext, CommandExecutor } from '@mainstem/aggregate';
import { isContextId, ownMetadata } from '@mainstem/aggregate/host';
import { isMainstemError, type RecordedEvent } from '@mainstem/event-store';

/** What executes the commands. */
export type Executor = Pick<CommandExecutor, 'execute'>;

/** What executes commands also together. */
export type BatchExecutor = Pick<CommandExecutor, 'execute' | 'executeAll'>;

/**
 * The context of a command that an event causes. The application's own metadata goes on with it: an actor, a tenant.
 * Other programs may have given the event ids that no command can have; its own id stands for them.
 */
export const contextAfter = (event: Pick<RecordedEvent, 'id' | 'metadata'>, commandId: string, signal?: AbortSignal): CommandContext => {
  const { correlationId, commandId: conversation } = event.metadata;
  const told = [correlationId, conversation].find(isContextId) ?? event.id;
  return { commandId, correlationId: told, causationId: event.id, metadata: ownMetadata(event.metadata), ...(signal && { signal }) };
};

/** Passes by itself: the same command is tried again. */
const TROUBLE = ['AGGREGATE_CONFLICT_UNRESOLVED', 'AGGREGATE_OVERLOADED', 'COMMAND_TIMED_OUT'] as const;
/** What no wait can mend, although the event store says it. */
const OF_THE_COMMAND: ReadonlySet<string> = new Set([
  'EVENT_STORE_INVALID_EVENT',
  'EVENT_STORE_INVALID_INPUT',
  'EVENT_STORE_EVENT_TOO_LARGE',
  'EVENT_STORE_AMBIGUOUS_CATEGORY',
  'EVENT_STORE_UNDECODABLE_EVENT',
  'EVENT_STORE_ASYNCHRONOUS_RULE',
]);

/** No command can be executed now. */
export const isOutage = (error: unknown): boolean => isMainstemError(error) && error.code.startsWith('EVENT_STORE_');

export const isTrouble = (error: unknown): boolean => isMainstemError(error, ...TROUBLE);

/** Keeps what the event store says of a command from being taken for an outage of the event store. */
export const ofCommand = async <Result>(execution: Promise<Result>): Promise<Result> => {
  try {
    return await execution;
  } catch (error) {
    if (isMainstemError(error) && OF_THE_COMMAND.has(error.code)) throw new CommandNotPossible(error.code, error.message, { cause: error });
    throw error;
  }
};

/** Wraps the failure so that the engine sees a failure of the event. */
class CommandNotPossible extends Error {
  override readonly name = 'CommandNotPossible';

  constructor(code: string, message: string, options: ErrorOptions) {
    super(`${code}: ${message}`, options);
  }
}
