// mainstem copy: the events of one event store into another one, and whether both are equal.
import { isMainstemError, type EventReader, type EventStore } from '@mainstem/event-store';
import { isCopyTarget } from '@mainstem/event-store/adapter';
import { withoutCredentials } from '@mainstem/event-store/settings';
import type { OpenEventReader } from '../application.js';
import { compareLogs, type Comparison } from '../copy/compare-logs.js';
import { copyLog, type CopyProgress } from '../copy/copy-log.js';
import { copyStart } from '../copy/copy-start.js';
import { readModelsOf } from './read-models-of.js';
import { InvalidArgument, NoCopy, NotCompared } from '../errors.js';
import { count, counted, duration } from '../format/amounts.js';
import { toJson } from '../format/json.js';
import { PartBar } from '../terminal/part-bar.js';
import { INTERRUPTED } from '../terminal/stop-signal.js';
import { using, type CliContext } from './cli-context.js';

export interface CopyCommandOptions {
  /** Addresses as EVENT_STORE takes them. */
  readonly from: string;
  readonly to: string;
  readonly follow?: boolean;
  /** True: compare only. */
  readonly verify?: boolean;
  readonly json?: boolean;
}

/**
 * Exit code 0: both stores are equal as far as the target reaches; with `follow`, it had caught up when it was stopped.
 * 1: they differ. 130: interrupted, and can be continued. Errors: CLI_NO_COPY, CLI_INVALID_ARGUMENT, CLI_NOT_COMPARED,
 * CLI_COPY_ONTO_ITSELF, CLI_COPY_TARGET_FOREIGN, EVENT_STORE_NOT_COPYABLE, EVENT_STORE_COPY_GAP,
 * EVENT_STORE_COPY_OVERTAKEN, those of the stores.
 */
export const copy = async (context: CliContext, options: CopyCommandOptions): Promise<number> => {
  if (options.follow && options.verify) throw new InvalidArgument('--verify', 'compares what is there, and does not go with --follow.');
  if (options.verify) return verified(context, options);
  return using(openedToRead(context, '--from', options.from), (source) =>
    using(openedToWrite(context, options.to), (target) => copied(context, options, { source, target })),
  );
};

const verified = async (context: CliContext, options: CopyCommandOptions): Promise<number> => {
  try {
    return await using(openedToRead(context, '--from', options.from), (source) =>
      using(openedToRead(context, '--to', options.to), (target) => compared(context, options, { source, target, mayEndBefore: false })),
    );
  } catch (error) {
    throw notCompared(error);
  }
};

/** A comparison that did not happen must not look like a difference; what is wrong with the command stays as it is. */
const notCompared = (error: unknown): unknown => {
  const isOther = !isMainstemError(error) || isMainstemError(error, ...NOT_OF_STORES);
  return isOther ? error : new NotCompared(error);
};

const NOT_OF_STORES = [
  ...['CLI_NOT_COMPARED', 'CLI_INVALID_ARGUMENT', 'CLI_OUTPUT_UNWRITABLE'],
  ...['SETTINGS_INVALID', 'EVENT_STORE_CONNECTION_SETTINGS_INVALID'],
];

const copied = async (context: CliContext, options: CopyCommandOptions, { source, target }: { source: EventReader; target: EventStore }) => {
  const { application, terminal, signal } = context;
  if (!isCopyTarget(target)) throw new NoCopy(application.name, 'the store of --to has no way in for copies');
  const start = await copyStart(source, target, signal).catch((error: unknown) => {
    if (!isInterruption(error, signal)) throw error;
    return undefined;
  });
  if (!start) {
    terminal.say(STOPPED);
    return INTERRUPTED;
  }
  if (start.end) terminal.say('The target holds the beginning of this copy; it goes on after it.');
  if (options.follow) terminal.say('Following the source; Ctrl-C ends.');
  const startedAt = performance.now();
  const bar = new PartBar(terminal, 'copy', performance.now.bind(performance));
  let progress: CopyProgress;
  try {
    const onProgress = (now: CopyProgress): void => bar.update(shareOf(now), `${count(now.events)} events`);
    progress = await copyLog({ source, target, start, isFollowing: options.follow ?? false, signal, onProgress });
  } finally {
    bar.stop();
  }
  const elapsedMs = performance.now() - startedAt;
  const rate = Math.round((progress.events / Math.max(1, elapsedMs)) * 1_000);
  terminal.say(
    `Copied ${counted(progress.events, 'event')}, ${counted(progress.streams, 'new stream')}, in ${duration(elapsedMs)} (${count(rate)}/s).`,
  );
  if (!signal.aborted) return compared(context, options, { source, target, mayEndBefore: true, copied: progress.events });
  terminal.say(STOPPED);
  return options.follow && progress.isCaughtUp ? 0 : INTERRUPTED;
};

const STOPPED = 'Stopped. Run the same command without --follow: it copies the rest, and compares.';

const isInterruption = (error: unknown, signal: AbortSignal): boolean => signal.aborted && isMainstemError(error, 'EVENT_STORE_ABORTED');

interface Compared {
  readonly source: EventReader;
  readonly target: EventReader;
  readonly mayEndBefore: boolean;
  /** Events of this run. */
  readonly copied?: number;
}

const compared = async (context: CliContext, { from, to, json = false }: CopyCommandOptions, logs: Compared): Promise<number> => {
  const { terminal, signal } = context;
  const bar = new PartBar(terminal, 'compare', performance.now.bind(performance));
  let comparison: Comparison;
  try {
    const onProgress = (position: bigint, head: bigint | undefined): void => bar.update(Number(position) / Number(head ?? 1n), 'both sides');
    comparison = await compareLogs({ ...logs, signal, onProgress });
  } catch (error) {
    if (!isInterruption(error, signal)) throw notCompared(error);
    terminal.say('Interrupted. Run the same command again: it compares from the first event.');
    return INTERRUPTED;
  } finally {
    bar.stop();
  }
  const readModels = comparison.difference === undefined ? await readModelsOf(context, logs.source.incarnation) : { names: [] };
  if (json) {
    const places = { from: withoutCredentials(from), to: withoutCredentials(to) };
    await terminal.print(toJson({ ...places, ...(logs.copied !== undefined && { copied: logs.copied }), ...comparison, readModels }, true));
  } else for (const line of report(comparison, readModels)) await terminal.print(line);
  return comparison.difference === undefined ? 0 : 1;
};

const report = (comparison: Comparison, readModels: Awaited<ReturnType<typeof readModelsOf>>): readonly string[] => {
  const { events, streams, log, ofStreams, difference, isSourceLonger } = comparison;
  if (difference !== undefined) return [`Different after ${counted(events, 'equal event')}: ${difference}.`];
  return [
    `Equal: ${counted(events, 'event')} in ${counted(streams, 'stream')} on both sides.`,
    `  digest of the log      ${log}`,
    `  digest of its streams  ${ofStreams}`,
    ...(isSourceLonger ? ['The source has grown meanwhile. Stop what appends to it, and run the same command again.'] : []),
    ...(readModels.problem === undefined ? [] : [`Which read models the source has is not known: ${readModels.problem}`]),
    ...(readModels.names.length === 0
      ? []
      : [
          `These belong to the source, and are refused with the target (PROJECTION_FOREIGN_EVENT_STORE): ${readModels.names.join(', ')}.`,
          'Give the processes another place for read models, and they fill them anew.',
        ]),
  ];
};

const shareOf = ({ position, head }: CopyProgress): number => (head === undefined ? 1 : Number(position ?? 0n) / Number(head));

const openedToRead = ({ application, settings }: CliContext, option: string, address: string): Promise<OpenEventReader> => {
  if (!application.openEventsAt) throw new NoCopy(application.name, 'its definition has no openEventsAt');
  return at(option, application.openEventsAt(settings, address));
};

const openedToWrite = ({ application, settings }: CliContext, address: string): Promise<EventStore> => {
  if (!application.openEventStoreAt) throw new NoCopy(application.name, 'its definition has no openEventStoreAt');
  return at('--to', application.openEventStoreAt(settings, address));
};

/** The address was not given where the settings say. */
const at = async <Store>(option: string, opening: Promise<Store>): Promise<Store> => {
  try {
    return await opening;
  } catch (error) {
    const isAddress = isMainstemError(error, 'SETTINGS_INVALID') && 'setting' in error && error.setting === 'EVENT_STORE';
    if (isAddress) throw new InvalidArgument(option, error.message.replace(/^EVENT_STORE[^:]*: /, ''));
    throw error;
  }
};
