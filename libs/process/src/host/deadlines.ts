// The pending deadlines, as a read model in order of time: the first document shows the next one.
import { documentProjection, type DocumentProjection } from '@mainstem/projection';
import { streamPrefixOf } from '@mainstem/event-store';
import type { ProcessManager } from '../manager/process-manager.js';

export class Deadline {
  /** Begins with the time, so that keys are in order of time. */
  id!: string;
  process!: string;
  /** Of the instance. */
  key!: string;
  name!: string;
  /** `<name>#<number>`, unique in the instance. */
  deadline!: string;
  /** ISO 8601 in UTC. */
  at!: string;
}

export const deadlinesName = (process: string): string => `${process}-deadlines`;

/** Name of the collection, too. */
export const deadlinesOf = (
  { name, events }: Pick<ProcessManager, 'name' | 'events'>,
  document: new () => Deadline = Deadline,
): DocumentProjection => {
  const prefix = streamPrefixOf(name);
  return documentProjection({
    name: deadlinesName(name),
    version: 1,
    document,
    events: [events],
    key: (event) => {
      switch (event.type) {
        case 'DeadlineSet':
        case 'DeadlineCancelled':
        case 'DeadlineReached':
          return `${event.data.at} ${event.stream} ${event.data.deadline}`;
        default:
          return null;
      }
    },
    evolve: {
      DeadlineSet: (_, { stream, data: { deadline, name: named, at } }, id) => ({
        id,
        process: prefix.slice(0, -1),
        key: stream.slice(prefix.length),
        name: named,
        deadline,
        at,
      }),
      DeadlineCancelled: () => null,
      DeadlineReached: () => null,
    },
  });
};
