// Makes the handlers of an aggregate's commands for @nestjs/cqrs.
import { CommandExecutor, type CommandClass, type CommandedAggregate, type CommandResult } from '@mainstem/aggregate';
import type { DomainEvent } from '@mainstem/event-store';
import { Inject, type Provider, type Type } from '@nestjs/common';
import { CommandHandler, type ICommand, type ICommandHandler } from '@nestjs/cqrs';
import { contextOf } from './context-of-command.js';

export interface CommandHandlersOptions {
  /** Command classes that have a handler of their own. */
  readonly except?: readonly CommandClass[];
}

/**
 * Providers for a module: one handler for each command class of the aggregate. It executes the command on the stream
 * that `idOf` names, with the context of `withContext`, as a hand-written handler would. Two handlers of one command in
 * an application are refused at its start. Errors of that: COMMAND_HANDLED_TWICE.
 */
export const commandHandlers = <State, Command extends object, Event extends DomainEvent>(
  aggregate: CommandedAggregate<State, Command, Event>,
  idOf: (command: Command) => string,
  { except = [] }: CommandHandlersOptions = {},
): Provider[] =>
  Object.entries(aggregate.commands).flatMap(([name, made]) => (except.includes(made) ? [] : [handlerOf(aggregate, idOf, name, made)]));

const handlerOf = <State, Command extends object, Event extends DomainEvent>(
  aggregate: CommandedAggregate<State, Command, Event>,
  idOf: (command: Command) => string,
  name: string,
  commandClass: CommandClass,
): Type<ICommandHandler> => {
  class Handler implements ICommandHandler<ICommand, CommandResult<Event>> {
    constructor(private readonly executor: CommandExecutor) {}

    execute(command: ICommand): Promise<CommandResult<Event>> {
      return this.executor.execute(aggregate, idOf(command as Command), command as Command, contextOf(command));
    }
  }
  Object.defineProperty(Handler, 'name', { value: `${name} of commandHandlers(${aggregate.category})` });
  Inject(CommandExecutor)(Handler, undefined, 0);
  CommandHandler(commandClass)(Handler);
  return Handler;
};
