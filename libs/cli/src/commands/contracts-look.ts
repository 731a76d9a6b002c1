// Looks at the declared events, the lock file and the stored events together.
import { isMainstemError } from '@mainstem/event-store';
import {
  compareContracts,
  contractsOf,
  readStoredHistory,
  StoredPayloads,
  type ContractChange,
  type EventContracts,
  type StoredHistory,
} from '@mainstem/event-store/contract';
import { HistoryUnreadable } from '../errors.js';
import { count } from '../format/amounts.js';
import { PartBar } from '../terminal/part-bar.js';
import { using, type CliContext } from './cli-context.js';
import { readersOf, type EventReaders } from './event-readers.js';
import { nestedClassesOf } from './nested-classes.js';

export interface ContractsOptions {
  /** Where the command runs. */
  readonly folder: string;
  /** Default true. */
  readonly history?: boolean;
  readonly whole?: boolean;
  readonly lock?: string;
  readonly json?: boolean;
}

export interface ContractsLook {
  readonly declared: EventContracts;
  readonly changes: readonly ContractChange[];
  readonly history: StoredHistory | undefined;
  /** Faults of stored events that were counted, not kept. */
  readonly left: number;
  /** Of `left`, the breaking ones. */
  readonly leftBreaking: number;
  readonly readers: EventReaders;
}

/**
 * Undefined after an interruption. Without a lock file, `locked` is undefined. A break of the lock file that concerns
 * no stored event breaks nothing in `this-store`; others may hold such events. Errors: CLI_HISTORY_UNREADABLE.
 */
export const lookAtContracts = async (
  context: CliContext,
  locked: EventContracts | undefined,
  options: ContractsOptions,
  judgedFor: 'this-store' | 'every-store',
): Promise<ContractsLook | undefined> => {
  const { signal } = context;
  const readers = await readersOf(context);
  const nestedClassOf = nestedClassesOf(options.folder);
  const { events: declared, ambiguous } = contractsOf(readers.registries, nestedClassOf);
  const stored = new StoredPayloads({ registries: [...readers.registries, ...readers.ofProcesses], declared, locked: locked ?? {}, nestedClassOf });
  const names = [...new Set([...Object.keys(declared), ...Object.keys(locked ?? {})])].toSorted();
  const history = options.history === false ? undefined : await readHistory(context, stored, names, options.whole ?? false);
  if (signal.aborted) return undefined;
  const compared = locked === undefined ? [] : compareContracts(locked, declared);
  const judged = judgedFor === 'every-store' ? compared : compared.map((change) => unlessHarmless(change, stored, history));
  const changes = [...ambiguous.map(ambiguousEvent), ...judged, ...stored.changes];
  return { declared, changes, history, left: stored.left, leftBreaking: stored.leftBreaking, readers };
};

const readHistory = async (
  { application, settings, signal, terminal }: CliContext,
  stored: StoredPayloads,
  names: readonly string[],
  isWhole: boolean,
): Promise<StoredHistory | undefined> => {
  const bar = new PartBar(terminal, 'stored events', performance.now.bind(performance));
  try {
    return await using(application.openEvents(settings), (reader) =>
      readStoredHistory({ reader, stored, names, isWhole, signal, onProgress: (events) => bar.update(0, `${count(events)} read`) }),
    );
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!isMainstemError(error) || error.code === 'SETTINGS_INVALID') throw error;
    throw new HistoryUnreadable(error);
  } finally {
    bar.stop();
  }
};

const ambiguousEvent = (event: string): ContractChange => ({
  ...{ kind: 'ambiguous-event', event, versions: [], isBreaking: true },
  message: 'is declared by several registries in different forms',
  advice: 'Use one registry for all that write and read the category.',
});

/** A break of the lock file that concerns no stored event, if all were read and each of their breaks was kept. */
const unlessHarmless = (change: ContractChange, stored: StoredPayloads, history: StoredHistory | undefined): ContractChange => {
  if (!change.isBreaking || history === undefined || stored.leftBreaking > 0) return change;
  const isAllRead = history.isWhole || history.absent.includes(change.event);
  if (!isAllRead || stored.changes.some(({ event, isBreaking }) => isBreaking && event === change.event)) return change;
  const { advice: _advice, ...rest } = change;
  return { ...rest, isBreaking: false, message: `${change.message} (no event of this store is concerned)` };
};
