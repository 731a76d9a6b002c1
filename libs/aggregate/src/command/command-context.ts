// What is known about a command besides its content: identity, conversation, time, order.
import type { Runtime } from '@mainstem/event-store';
import { InvalidCommand } from '../errors.js';
import type { AppendTurn } from './append-turn.js';

export interface CommandContext {
  /** Identity of the command: 1 to 200 printable characters. The same id on the same stream takes effect once. */
  readonly commandId: string;
  /** The whole conversation; default the command's id. */
  readonly correlationId?: string;
  /** The direct parent; default the command's id. */
  readonly causationId?: string;
  /** When it happened, ISO 8601 in UTC, if not now: one time for all its events, or one for each by its index. */
  readonly occurredAt?: string | ((index: number) => string | undefined);
  /** Keeps commands that run side by side in order; see `AppendTurns`. */
  readonly appendTurn?: AppendTurn;
  /** Ends waiting (for the stream's lane, the turn, a retry). An append that has begun is not undone. */
  readonly signal?: AbortSignal;
}

/** A context of its own for a command that came without one. */
export const newCommandContext = (runtime: Runtime): CommandContext => ({ commandId: runtime.uuid() });

const ID_LENGTH_MAX = 200;
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/** Whether text can serve as a command, correlation or causation id: 1 to 200 printable characters. */
export const isContextId = (id: unknown): id is string =>
  typeof id === 'string' && id.trim() !== '' && id.length <= ID_LENGTH_MAX && !UNPRINTABLE.test(id);

/** Refuses a context whose ids cannot be stored. Errors: COMMAND_INVALID naming the field. */
export const assertContext = (context: CommandContext): void => {
  for (const field of ['commandId', 'correlationId', 'causationId'] as const) {
    const id = context[field];
    if (id === undefined && field !== 'commandId') continue;
    if (!isContextId(id)) throw new InvalidCommand('The context of the command', [{ field, message: CONTEXT_ID_RULE }]);
  }
};

/** What `isContextId` asks for, in words. */
export const CONTEXT_ID_RULE = `must be 1 to ${ID_LENGTH_MAX} printable characters`;
