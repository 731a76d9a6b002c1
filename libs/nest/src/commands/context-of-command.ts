// The context that travels beside a command through the command bus, which takes one argument.
import type { CommandContext } from '@mainstem/aggregate';

// Beside the command, not in it: a client that sends a field `context` reaches nothing. One for the whole process: two copies of this package may be
// installed, one with the controller and one with the handler.
const CONTEXTS = Symbol.for('mainstem:command-contexts');
const shared = globalThis as { [CONTEXTS]?: WeakMap<object, CommandContext> };
const contexts = (shared[CONTEXTS] ??= new WeakMap());

/** Attaches a context to a command and returns the command: `commandBus.execute(withContext(command, context))`. */
export const withContext = <Command extends object>(command: Command, context: CommandContext): Command => {
  contexts.set(command, context);
  return command;
};

/** The context attached to a command; undefined for one that was sent without, for which the executor makes a new one. */
export const contextOf = (command: object): CommandContext | undefined => contexts.get(command);
