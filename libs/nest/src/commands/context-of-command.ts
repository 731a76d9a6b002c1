// The context that accompanies a command through the command bus, which accepts one argument.
import type { CommandContext } from '@mainstem/aggregate';

// Outside the command: a field `context` from a client has no effect. One map for the process, because two copies of
// this package may be installed, one for the controller and one for the handler.
const CONTEXTS = Symbol.for('mainstem:command-contexts');
const shared = globalThis as { [CONTEXTS]?: WeakMap<object, CommandContext> };
const contexts = (shared[CONTEXTS] ??= new WeakMap());

/** Attaches a context to a command and returns the command: `commandBus.execute(withContext(command, context))`. */
export const withContext = <Command extends object>(command: Command, context: CommandContext): Command => {
  contexts.set(command, context);
  return command;
};

/** The context of a command; undefined for a command without one, for which the executor makes a new context. */
export const contextOf = (command: object): CommandContext | undefined => contexts.get(command);
