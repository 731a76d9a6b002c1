// The executor of an application: it compares the categories of aggregates with those of everything else in the application.
import { CommandExecutor, type Aggregate, type CommandContext, type CommandExecutorOptions, type CommandResult } from '@mainstem/aggregate';
import type { DomainEvent } from '@mainstem/event-store';

export class ApplicationExecutor extends CommandExecutor {
  /** @param declare Told the category of each aggregate, those of the options at once, others with each of their commands. What it throws refuses them. */
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
