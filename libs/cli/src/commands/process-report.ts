// What status tells of processes: stuck instances, overdue deadlines, and effects that were given up.
import { deadlinesOf, givenUpEffects, instancesIn, instancesOf, pendingDeadlines, pendingEffectsOf } from '@mainstem/process/operate';
import type { Figures } from '@mainstem/projection/reaction';
import type { OpenReadModels, OperatedProcess } from '../application.js';
import { count } from '../format/amounts.js';

/** More are not counted. */
const COUNTED_MAX = 500;

/** At most 500 each, which stands for more, too. */
export interface ProcessFigures {
  readonly manager: OperatedProcess['manager'];
  readonly stuck: number;
  readonly overdue: number;
  readonly 'given-up': number;
}

/** Of all processes. Errors: those of the stores. */
export const processFigures = async ({ processes = [] }: OpenReadModels, now: number): Promise<readonly ProcessFigures[]> => {
  const found: ProcessFigures[] = [];
  for (const { manager, store } of processes) {
    const at = { process: manager.name, store };
    const stuck = await counted(instancesIn(at, { states: ['stuck'] }), () => true);
    const overdue = await counted(pendingDeadlines(at), (deadline) => Date.parse(deadline.at) < now);
    const givenUp = await counted(givenUpEffects(at), () => true);
    found.push({ manager, stuck, overdue, 'given-up': givenUp });
  }
  return found;
};

/** Nothing where all is well; else one line for each process and kind. */
export const processReport = (figures: readonly ProcessFigures[]): readonly string[] => {
  const lines: string[] = [];
  for (const { manager, stuck, overdue } of figures) {
    const { name: process } = manager;
    if (stuck > 0) lines.push(`${process}: ${amount(stuck, 'instance')} stuck. mainstem process list ${process}`);
    if (overdue > 0) lines.push(`${process}: ${amount(overdue, 'deadline')} overdue. mainstem deadlines ${process} --overdue`);
  }
  return lines.length === 0 ? [] : ['', ...lines];
};

/** By the projection that shows them, as in progress of the health check. */
export const figuresByProjection = (figures: readonly ProcessFigures[]): ReadonlyMap<string, Figures> =>
  new Map(
    figures.flatMap(({ manager, stuck, overdue, 'given-up': givenUp }): readonly (readonly [string, Figures])[] => [
      [instancesOf(manager).name, { stuck }],
      [deadlinesOf(manager).name, { overdue }],
      [pendingEffectsOf(manager).name, { 'given-up': givenUp }],
    ]),
  );

const counted = async <Row>(rows: AsyncIterable<Row>, isCounted: (row: Row) => boolean): Promise<number> => {
  let found = 0;
  for await (const row of rows) if (!isCounted(row) || ++found === COUNTED_MAX) break;
  return found;
};

const amount = (found: number, noun: string): string => {
  if (found === 1) return `1 ${noun} is`;
  return `${count(found)} ${noun}s${found === COUNTED_MAX ? ' or more' : ''} are`;
};
