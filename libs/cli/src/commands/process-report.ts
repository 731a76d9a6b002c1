// What status tells of processes: stuck instances and overdue deadlines.
import { instancesIn, pendingDeadlines } from '@mainstem/process/operate';
import type { OpenReadModels } from '../application.js';
import { count } from '../format/amounts.js';

/** More are not counted. */
const COUNTED_MAX = 500;

/** Nothing where all is well; else one line for each process and kind. */
export const processReport = async ({ processes = [] }: OpenReadModels, now: number): Promise<readonly string[]> => {
  const lines: string[] = [];
  for (const { manager, store } of processes) {
    const { name: process } = manager;
    const at = { process, store };
    const stuck = await counted(instancesIn(at, { states: ['stuck'] }), () => true);
    const overdue = await counted(pendingDeadlines(at), (deadline) => Date.parse(deadline.at) < now);
    if (stuck > 0) lines.push(`${process}: ${amount(stuck, 'instance')} stuck. mainstem process list ${process}`);
    if (overdue > 0) lines.push(`${process}: ${amount(overdue, 'deadline')} overdue. mainstem deadlines ${process} --overdue`);
  }
  return lines.length === 0 ? [] : ['', ...lines];
};

const counted = async <Row>(rows: AsyncIterable<Row>, isCounted: (row: Row) => boolean): Promise<number> => {
  let found = 0;
  for await (const row of rows) if (!isCounted(row) || ++found === COUNTED_MAX) break;
  return found;
};

const amount = (found: number, noun: string): string => {
  if (found === 1) return `1 ${noun} is`;
  return `${count(found)} ${noun}s${found === COUNTED_MAX ? ' or more' : ''} are`;
};
