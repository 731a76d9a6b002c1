// What is known about a command besides its content: identity, conversation, time, order, and facts of the application.
import { commandIdOf, decodedForm, encodeJson, isMainstemError, type EventMetadata, type JsonValue, type Runtime } from '@mainstem/event-store';
import { InvalidCommand } from '../errors.js';
import type { AppendTurn } from './append-turn.js';

/** The application's own facts about a command, as JSON: an actor, a tenant. They become metadata of its events. */
export type CommandMetadata = Readonly<Record<string, JsonValue | undefined>>;

export interface CommandContext {
  /** Identity of the command: 1 to 200 printable characters. The same id on the same stream takes effect once. */
  readonly commandId: string;
  /** The whole conversation; default the command's id. */
  readonly correlationId?: string;
  /** The direct parent; default the command's id. */
  readonly causationId?: string;
  /** When it happened, ISO 8601 with offset, if not now: one time for all events, or one an index. Stored in UTC. */
  readonly occurredAt?: string | ((index: number) => string | undefined);
  /** Stored with every event of the command, and passed to `decide`. Names that the framework uses are refused. */
  readonly metadata?: CommandMetadata;
  /**
   * Identifies the command's content, 1 to 200 printable characters. It is stored with the id: the same id with another
   * fingerprint is refused with COMMAND_ID_REUSED instead of being answered as a repeat.
   */
  readonly fingerprint?: string;
  /** Keeps concurrent commands in order; see `AppendTurns`. */
  readonly appendTurn?: AppendTurn;
  /** Ends every wait at once. An append that has begun is not undone: repeat the command to learn its outcome. */
  readonly signal?: AbortSignal;
}

/** The context of a command that came without one. */
export const newCommandContext = (runtime: Runtime): CommandContext => ({ commandId: runtime.uuid() });

const ID_LENGTH_MAX = 200;
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/** True if text can be a command, correlation or causation id: 1 to 200 printable characters. */
export const isContextId = (id: unknown): id is string =>
  typeof id === 'string' && id.trim() !== '' && id.length <= ID_LENGTH_MAX && !UNPRINTABLE.test(id);

/** Names in the metadata of events that the framework uses. */
const RESERVED: ReadonlySet<string> = new Set([
  'commandId',
  'correlationId',
  'causationId',
  'schemaVersion',
  'occurredAt',
  'traceparent',
  'decidedAt',
  'fingerprint',
]);

const isReserved = (name: string): boolean => RESERVED.has(name) || name.startsWith('$');

/** The application's own part of an event's metadata: what a command that the event causes may carry on. */
export const ownMetadata = (metadata: EventMetadata): CommandMetadata =>
  Object.fromEntries(Object.entries(metadata).filter(([name]) => !isReserved(name)));

/**
 * A copy of the context whose fields were read once, so that nothing changes after the check. Errors: COMMAND_INVALID
 * naming the field, for invalid ids, and for an invalid signal or turn, which could end no wait.
 */
export const contextGiven = (context: CommandContext): CommandContext => {
  if (context === null || typeof context !== 'object') refuse('context', 'must be an object with a commandId');
  const { commandId, correlationId, causationId, occurredAt, metadata, fingerprint, appendTurn, signal } = context;
  if (!isContextId(commandId)) refuse('commandId', CONTEXT_ID_RULE);
  if (correlationId !== undefined && !isContextId(correlationId)) refuse('correlationId', CONTEXT_ID_RULE);
  if (causationId !== undefined && !isContextId(causationId)) refuse('causationId', CONTEXT_ID_RULE);
  if (fingerprint !== undefined && !isContextId(fingerprint)) refuse('fingerprint', CONTEXT_ID_RULE);
  if (signal !== undefined && !isSignal(signal)) refuse('signal', 'must be the signal of an AbortController');
  if (appendTurn !== undefined && !isTurn(appendTurn)) refuse('appendTurn', 'must be a turn that AppendTurns has given');
  return { commandId, correlationId, causationId, occurredAt, metadata, fingerprint, appendTurn, signal } as CommandContext;
};

/** Of any realm. */
const isSignal = (signal: unknown): boolean =>
  signal !== null &&
  typeof signal === 'object' &&
  typeof Reflect.get(signal, 'aborted') === 'boolean' &&
  typeof Reflect.get(signal, 'addEventListener') === 'function';

const isTurn = (turn: unknown): boolean => {
  if (turn === null || typeof turn !== 'object') return false;
  const ready: unknown = Reflect.get(turn, 'ready');
  return (
    ready !== null &&
    typeof ready === 'object' &&
    typeof Reflect.get(ready, 'then') === 'function' &&
    typeof Reflect.get(turn, 'release') === 'function'
  );
};

/** The same parts make the same command id. A result that can be none is replaced by one made from it. */
export const commandIdFrom = (...parts: readonly string[]): string => {
  const id = parts.join(':');
  return isContextId(id) ? id : commandIdOf(id);
};

/** Id of one of several commands with a common context. If it would be too long, it is derived from it. */
export const commandIdAt = (commandId: string, index: number): string => commandIdFrom(commandId, String(index));

const NONE: CommandMetadata = Object.freeze({});

/** A frozen copy of the metadata of a context as it will be read back. Errors: COMMAND_INVALID naming the field. */
export const metadataIn = ({ metadata }: CommandContext): CommandMetadata => {
  if (metadata === undefined) return NONE;
  if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata)) refuse('metadata', 'must be an object');
  const reserved = Object.keys(metadata).find(isReserved);
  if (reserved !== undefined) refuse(`metadata.${reserved}`, 'is a name that the framework fills in; choose another one');
  try {
    encodeJson(metadata, 'metadata');
    return decodedForm(metadata) as CommandMetadata;
  } catch (error) {
    if (!isMainstemError(error, 'EVENT_STORE_INVALID_INPUT')) throw error;
    return refuse('metadata', error.message);
  }
};

const refuse = (field: string, message: string): never => {
  throw new InvalidCommand('The context of the command', [{ field, message }]);
};

/** The condition of `isContextId`, in words. */
export const CONTEXT_ID_RULE = `must be 1 to ${ID_LENGTH_MAX} printable characters`;
