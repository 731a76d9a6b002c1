// The executor of an application, which also checks the categories of aggregates against all others in the application.
import { CommandExecutor, type Aggregate, type CommandContext, type CommandExecutorOptions, type CommandResult } from '@mainstem/aggregate';
import type { DomainEvent } from '@mainstem/event-store';

export class ApplicationExecutor extends CommandExecutor {
  /** @param declare Gets the category of each aggregate: at once, or with each command. It throws to refuse them. */
  constructor(
    options: CommandExecutorOptions,
    private readonly declare: (categories: readonly string[]) => void,
  ) {
    super(options);
    declare((options.aggregates ?? []).map(({ category }) => category));
  }

  override async execute<State, Command, Event extends DomainEvent>(
    aggregate: Aggregate<State, Command, Event>,
    id: string,
    command: Command,
    context?: CommandContext,
  ): Promise<CommandResult<Event>> {
    this.declare([aggregate.category]);
    return super.execute(aggregate, id, command, context);
  }

  override async executeAll<State, Command, Event extends DomainEvent>(
    aggregate: Aggregate<State, Command, Event>,
    id: string,
    commands: readonly Command[],
    context?: CommandContext | readonly CommandContext[],
  ): Promise<readonly CommandResult<Event>[]> {
    this.declare([aggregate.category]);
    return super.executeAll(aggregate, id, commands, context);
  }
}
