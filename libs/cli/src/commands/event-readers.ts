// Who writes and who reads each declared event, as far as declarations tell.
import { isMainstemError, type EventRegistry } from '@mainstem/event-store';
import { eventName } from '@mainstem/event-store/contract';
import type { ProcessManager } from '@mainstem/process';
import type { DeclaredReader } from '../application.js';
import { usingReadModels, type CliContext } from './cli-context.js';

export interface EventReaders {
  readonly registries: readonly EventRegistry[];
  /** Of the streams of processes: their form is the library's. */
  readonly ofProcesses: readonly EventRegistry[];
  /** By `category/Type`, such as `aggregate order`, `projection order-lines`. */
  readonly byEvent: ReadonlyMap<string, readonly string[]>;
  /** Why projections and reactions are not among them. */
  readonly problem?: string;
}

interface Taken {
  readonly registry: EventRegistry;
  readonly type: string;
}

/** Opens the read models only where the application does not declare its readers. */
export const readersOf = async (context: CliContext): Promise<EventReaders> => {
  const { application } = context;
  const byEvent = new Map<string, string[]>();
  const registries = new Set<EventRegistry>(application.aggregates.map(({ events }) => events));
  const add = (reader: string, taken: readonly Taken[]): void => {
    for (const { registry, type } of taken) {
      registries.add(registry);
      const name = eventName(registry.category, type);
      byEvent.set(name, [...(byEvent.get(name) ?? []), reader]);
    }
  };
  for (const { category, events } of application.aggregates) {
    add(
      `aggregate ${category}`,
      events.types.map((type) => ({ registry: events, type })),
    );
  }
  const found = await otherReaders(context);
  for (const [reader, taken] of found.readers) add(reader, taken);
  return { registries: [...registries], ofProcesses: found.ofProcesses, byEvent, ...(found.problem !== undefined && { problem: found.problem }) };
};

interface OtherReaders {
  readonly ofProcesses: readonly EventRegistry[];
  readonly readers: readonly (readonly [string, readonly Taken[]])[];
  readonly problem?: string;
}

const otherReaders = async (context: CliContext): Promise<OtherReaders> => {
  const { readers } = context.application;
  if (readers !== undefined) return told(readers, readers.filter(isProcess));
  try {
    return await usingReadModels(context, ({ projections, reactions = [], processes = [] }) =>
      Promise.resolve(
        told(
          [...projections, ...reactions].map(({ projection }) => projection),
          processes.map(({ manager }) => manager),
        ),
      ),
    );
  } catch (error) {
    if (!isMainstemError(error)) throw error;
    return { readers: [], ofProcesses: [], problem: `${error.message} (${error.code})` };
  }
};

/** Parts of a process that read its own streams only are left out. */
const told = (readers: readonly DeclaredReader[], processes: readonly ProcessManager[]): OtherReaders => {
  const ofProcesses = processes.map(({ events }) => events as EventRegistry);
  const own = new Set(ofProcesses.map(({ category }) => category));
  const taken = readers.map((reader) => [titleOf(reader), takenBy(reader).filter(({ registry }) => !own.has(registry.category))] as const);
  return { readers: taken.filter(([, events]) => events.length > 0), ofProcesses };
};

const isProcess = (reader: DeclaredReader): reader is ProcessManager => 'aggregate' in reader;

const titleOf = (reader: DeclaredReader): string => {
  if (!('kind' in reader)) return isProcess(reader) ? `process ${reader.name}` : `reactor ${reader.name}`;
  return reader.kind === 'reaction' ? `reaction ${reader.name}` : `projection ${reader.name}`;
};

const takenBy = (reader: DeclaredReader): readonly Taken[] => {
  if ('wanted' in reader) return reader.wanted.declarations;
  const types = 'functions' in reader ? reader.functions.types : reader.types;
  return reader.registries.flatMap((registry) => types.filter((type) => registry.has(type)).map((type) => ({ registry, type })));
};
