// Executes commands on an event store that is opened for the first of them: most commands of the program need none.
import { CommandExecutor } from '@mainstem/aggregate';
import type { EventStore } from '@mainstem/event-store';
import type { ApplicationSettings, MainstemApplication } from '../application.js';
import { NoEventStore } from '../errors.js';

/** Errors of `execute`, besides those of commands: CLI_NO_EVENT_STORE, and those of opening. */
export class LateExecutor implements Pick<CommandExecutor, 'execute'> {
  readonly #application: MainstemApplication;
  readonly #settings: ApplicationSettings;
  #opened: Promise<{ readonly store: EventStore; readonly executor: CommandExecutor }> | undefined;

  constructor(application: MainstemApplication, settings: ApplicationSettings) {
    this.#application = application;
    this.#settings = settings;
  }

  execute: CommandExecutor['execute'] = async (...call) => {
    this.#opened ??= this.#open();
    const { executor } = await this.#opened;
    return executor.execute(...call);
  };

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.store.close();
  }

  async #open(): Promise<{ readonly store: EventStore; readonly executor: CommandExecutor }> {
    const { name, aggregates, openEventStore } = this.#application;
    if (!openEventStore) throw new NoEventStore(name);
    const store = await openEventStore(this.#settings);
    return { store, executor: new CommandExecutor({ store, aggregates }) };
  }
}
