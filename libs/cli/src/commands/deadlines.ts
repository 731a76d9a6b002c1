// mainstem deadlines: what processes wait for, in order of time.
import type { Deadline } from '@mainstem/process';
import { pendingDeadlines } from '@mainstem/process/operate';
import { duration } from '../format/amounts.js';
import { printList } from './print-list.js';
import { chosenProcesses } from './chosen-processes.js';
import { usingReadModels, type CliContext } from './cli-context.js';
import { wholeNumber } from './whole-number.js';

const LIMIT_DEFAULT = 100;

export interface DeadlinesOptions {
  /** Only those whose time has passed. */
  readonly overdue?: boolean;
  /** The largest number of deadlines; default 100. */
  readonly limit?: string;
  readonly json?: boolean;
  readonly now: () => number;
}

/**
 * Of one process or of all. Reads what it prints, and at most a page more of each process. Errors: CLI_NO_PROCESSES,
 * CLI_INVALID_ARGUMENT, and those of the stores.
 */
export const listDeadlines = async (context: CliContext, name: string | undefined, options: DeadlinesOptions): Promise<number> => {
  const { application, settings, terminal, signal } = context;
  const limit = wholeNumber('--limit', options.limit) ?? LIMIT_DEFAULT;
  const now = options.now();
  return usingReadModels({ application, settings }, async (readModels) => {
    const lists = chosenProcesses(application, readModels, name).map(({ manager, store }) =>
      pendingDeadlines({ process: manager.name, store }, signal),
    );
    const rows = options.overdue ? overdueIn(inOrder(lists), now) : inOrder(lists);
    const nothing = options.overdue ? 'No deadline is overdue.' : 'No deadline is pending.';
    await printList(terminal, { rows, limit, nothing, isJson: options.json ?? false, columns: columnsAt(now) });
    return 0;
  });
};

const columnsAt = (now: number) =>
  [
    { title: 'at', value: ({ at }: Deadline) => at },
    { title: 'due', value: ({ at }: Deadline) => dueText(Date.parse(at) - now) },
    { title: 'process', value: ({ process }: Deadline) => process },
    { title: 'key', value: ({ key }: Deadline) => key },
    { title: 'deadline', value: ({ name }: Deadline) => name },
  ] as const;

const dueText = (ms: number): string => (ms < 0 ? `${duration(-ms)} ago` : `in ${duration(ms)}`);

async function* overdueIn(deadlines: AsyncGenerator<Deadline>, now: number): AsyncGenerator<Deadline> {
  for await (const deadline of deadlines) {
    if (Date.parse(deadline.at) >= now) return;
    yield deadline;
  }
}

/** Merges lists that are each in order of time. */
async function* inOrder(lists: readonly AsyncGenerator<Deadline>[]): AsyncGenerator<Deadline> {
  const heads = await Promise.all(lists.map(async (list) => ({ list, next: await list.next() })));
  for (;;) {
    const left = heads.flatMap((head) => (head.next.done ? [] : [{ head, deadline: head.next.value }]));
    const [first] = left.toSorted((one, other) => (one.deadline.at < other.deadline.at ? -1 : Number(one.deadline.at > other.deadline.at)));
    if (!first) return;
    yield first.deadline;
    first.head.next = await first.head.list.next();
  }
}
