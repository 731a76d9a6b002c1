// mainstem process retry, discard, cancel: tell one instance what a person has decided.
import { CommandExecutor } from '@mainstem/aggregate';
import { isMainstemError } from '@mainstem/event-store';
import { isOutside, loadInstance, type InstanceReport } from '@mainstem/process/operate';
import type { OperatedProcess } from '../application.js';
import { InstanceNotReady, InvalidArgument, NoEventStore } from '../errors.js';
import { counted } from '../format/amounts.js';
import { chosenProcesses, unknownInstance } from './chosen-processes.js';
import { using, usingReadModels, type CliContext } from './cli-context.js';
import { openLines } from './process-show.js';

export interface RetryOptions {
  /** The only one that is asked for again; default all. */
  readonly request?: string;
}

/**
 * Sends the stuck commands of an instance again, under their ids: one that has taken effect takes none again. Effects
 * that were given up are asked for again, under their idempotency keys. The host of the process does it. Errors:
 * CLI_NO_PROCESSES, CLI_INVALID_ARGUMENT, CLI_UNKNOWN_INSTANCE, CLI_INSTANCE_NOT_READY, CLI_NO_EVENT_STORE, those of
 * the event store.
 */
export const retryInstance = (context: CliContext, name: string, key: string, { request }: RetryOptions = {}): Promise<number> =>
  onInstance(context, name, key, async (told) => {
    const refusal = request === undefined ? 'nothing is stuck or given up' : `${request} is neither stuck nor given up`;
    const problem = `${refusal}, so there is nothing to ask for again.`;
    const types = await told.tell({ kind: 'retry', ...(request !== undefined && { request }) }, problem);
    const amountOf = (of: string, noun: string): readonly string[] => {
      const found = types.filter((type) => type === of).length;
      return found === 0 ? [] : [counted(found, noun)];
    };
    const asked = [...amountOf('CommandRequested', 'command'), ...amountOf('EffectRequested', 'effect')].join(' and ');
    await context.terminal.print(`${name} ${key}: ${asked} asked for again; a host of the process does the rest.`);
    return 0;
  });

export interface DiscardOptions {
  readonly reason: string;
}

/**
 * Ends one effect that waits for an attempt or was given up. No rule is told, and the instance goes on. Errors: as
 * `retryInstance`.
 */
export const discardEffect = (
  context: CliContext,
  { name, key, request }: { readonly name: string; readonly key: string; readonly request: string },
  { reason }: DiscardOptions,
): Promise<number> =>
  onInstance(context, name, key, async (told) => {
    assertReason(reason);
    await told.tell({ kind: 'discard', request, reason }, `${request} is no effect that waits for an attempt or was given up.`);
    await context.terminal.print(`${name} ${key}: ${request} discarded. If an attempt has taken effect, that is not undone.`);
    return 0;
  });

export interface CancelOptions {
  readonly reason: string;
  /** True: do not ask. */
  readonly yes?: boolean;
}

/**
 * Ends an instance, whatever it waits for: its deadlines are cancelled, its effects discarded, and nothing follows from
 * outcomes any more. No command or effect is undone. Exit code 1: the user said no. Errors: as `retryInstance`.
 */
export const cancelInstance = (context: CliContext, name: string, key: string, { reason, yes = false }: CancelOptions): Promise<number> =>
  onInstance(context, name, key, async ({ report, tell }) => {
    const { terminal } = context;
    assertReason(reason);
    const problem = 'it has ended, so there is nothing to cancel.';
    if (isOver(report)) throw new InstanceNotReady(name, key, problem);
    for (const line of [`${name} ${key}: ${report.state}`, ...openLines(report)]) await terminal.print(line);
    if (!yes && !(await isConfirmed(context, `${name} ${key}`))) return 1;
    await tell({ kind: 'cancel', reason }, problem);
    await terminal.print(`${name} ${key}: cancelled. What has taken effect is not undone.`);
    return 0;
  });

/** One that has ended may still have effects. */
const isOver = ({ state, requests }: InstanceReport): boolean => state === 'cancelled' || (state === 'ended' && !requests.some(isOutside));

const assertReason = (reason: string): void => {
  if (reason.trim() === '') throw new InvalidArgument('--reason', 'must say why: the instance keeps it.');
};

type Decision = Parameters<OperatedProcess['manager']['aggregate']['decide']>[0];

interface Found {
  /** Before the command. */
  readonly report: InstanceReport;
  /** Types of the events that it has recorded, at least one. Errors: CLI_INSTANCE_NOT_READY with the problem. */
  readonly tell: (decision: Decision, problem: string) => Promise<readonly string[]>;
}

const onInstance = (
  { application, settings, signal }: CliContext,
  name: string,
  key: string,
  work: (found: Found) => Promise<number>,
): Promise<number> =>
  usingReadModels({ application, settings }, async (readModels) => {
    const [process] = chosenProcesses(application, readModels, name) as readonly [OperatedProcess];
    const { openEventStore, aggregates } = application;
    if (!openEventStore) throw new NoEventStore(application.name);
    return using(openEventStore(settings), async (store) => {
      const report = await loadInstance(store, process.manager, key, signal);
      if (!report) throw await unknownInstance(process, key);
      const executor = new CommandExecutor({ store, aggregates });
      const tell = async (decision: Decision, problem: string): Promise<readonly string[]> => {
        const types = await recorded(executor.execute(process.manager.aggregate, key, decision));
        if (types.length === 0) throw new InstanceNotReady(name, key, problem);
        return types;
      };
      return work({ report, tell });
    });
  });

/** Nothing where the instance refuses it. */
const recorded = async (execution: Promise<{ readonly events: readonly { readonly type: string }[] }>): Promise<readonly string[]> => {
  try {
    return (await execution).events.map(({ type }) => type);
  } catch (error) {
    if (isMainstemError(error, 'PROCESS_REFUSED')) return [];
    throw error;
  }
};

const isConfirmed = async ({ terminal }: CliContext, instance: string): Promise<boolean> => {
  if (!terminal.confirm) throw new InvalidArgument('--yes', 'is required without a terminal to ask.');
  if (await terminal.confirm(`Cancel ${instance} for good?`)) return true;
  terminal.say('Nothing was changed.');
  return false;
};
