// mainstem process retry, cancel: tell one instance what a person has decided.
import { CommandExecutor } from '@mainstem/aggregate';
import { loadInstance, type InstanceReport } from '@mainstem/process/operate';
import type { OperatedProcess } from '../application.js';
import { InstanceNotReady, InvalidArgument, NoEventStore } from '../errors.js';
import { counted } from '../format/amounts.js';
import { chosenProcesses, unknownInstance } from './chosen-processes.js';
import { using, usingReadModels, type CliContext } from './cli-context.js';
import { openLines } from './process-show.js';

/**
 * Sends the stuck commands of an instance again, under their ids: one that has taken effect takes none again. The host
 * of the process does it. Errors: CLI_NO_PROCESSES, CLI_INVALID_ARGUMENT, CLI_UNKNOWN_INSTANCE, CLI_INSTANCE_NOT_READY,
 * CLI_NO_EVENT_STORE, those of the event store.
 */
export const retryInstance = (context: CliContext, name: string, key: string): Promise<number> =>
  onInstance(context, name, key, async ({ manager }, { executor }) => {
    const { events } = await executor.execute(manager.aggregate, key, { kind: 'retry' });
    if (events.length === 0) throw new InstanceNotReady(name, key, 'nothing is stuck, so there is nothing to send again.');
    await context.terminal.print(`${name} ${key}: ${counted(events.length, 'command')} asked for again; a host of the process sends them.`);
    return 0;
  });

export interface CancelOptions {
  readonly reason: string;
  /** True: do not ask. */
  readonly yes?: boolean;
}

/**
 * Ends an instance, whatever it waits for: its deadlines are cancelled, and nothing follows from outcomes any more. No
 * command is undone. Exit code 1: the user said no. Errors: as `retryInstance`.
 */
export const cancelInstance = (context: CliContext, name: string, key: string, { reason, yes = false }: CancelOptions): Promise<number> =>
  onInstance(context, name, key, async ({ manager }, { executor, report }) => {
    const { terminal } = context;
    if (reason.trim() === '') throw new InvalidArgument('--reason', 'must say why: the instance keeps it.');
    const over = new InstanceNotReady(name, key, 'it has ended, so there is nothing to cancel.');
    if (report.state === 'ended' || report.state === 'cancelled') throw over;
    for (const line of [`${name} ${key}: ${report.state}`, ...openLines(report)]) await terminal.print(line);
    if (!yes && !(await isConfirmed(context, `${name} ${key}`))) return 1;
    const { events } = await executor.execute(manager.aggregate, key, { kind: 'cancel', reason });
    if (events.length === 0) throw over;
    await terminal.print(`${name} ${key}: cancelled. Commands that took effect are not undone.`);
    return 0;
  });

interface Found {
  readonly executor: CommandExecutor;
  /** Before the command. */
  readonly report: InstanceReport;
}

const onInstance = (
  { application, settings, signal }: CliContext,
  name: string,
  key: string,
  work: (process: OperatedProcess, found: Found) => Promise<number>,
): Promise<number> =>
  usingReadModels({ application, settings }, async (readModels) => {
    const [process] = chosenProcesses(application, readModels, name) as readonly [OperatedProcess];
    const { openEventStore, aggregates } = application;
    if (!openEventStore) throw new NoEventStore(application.name);
    return using(openEventStore(settings), async (store) => {
      const report = await loadInstance(store, process.manager, key, signal);
      if (!report) throw await unknownInstance(process, key);
      return work(process, { report, executor: new CommandExecutor({ store, aggregates }) });
    });
  });

const isConfirmed = async ({ terminal }: CliContext, instance: string): Promise<boolean> => {
  if (!terminal.confirm) throw new InvalidArgument('--yes', 'is required without a terminal to ask.');
  if (await terminal.confirm(`Cancel ${instance} for good?`)) return true;
  terminal.say('Nothing was changed.');
  return false;
};
