// What projections that the application no longer has have left in the read stores.
import type { ReadStore } from '@mainstem/projection';
import { leftBehind, type LeftBehind } from '@mainstem/projection/operate';
import type { OpenReadModels } from '../application.js';
import { count } from '../format/amounts.js';
import { table, type Column } from '../format/table.js';
import { hostedIn } from './hosted-in.js';

export interface StoredLeftBehind {
  readonly projection: string;
  readonly store: string;
  readonly state: 'Left behind';
  readonly generations: readonly number[];
  /** Who runs it: an instance of an older program. */
  readonly owners: readonly string[];
}

/** All read stores of an application, each once. */
export const storesOf = (readModels: OpenReadModels): readonly ReadStore[] => [
  ...new Set([...hostedIn(readModels).map(({ store }) => store), ...(readModels.stores ?? [])]),
];

/** Only of the stores that answer: the status of the projections reports what is wrong with the others. */
export const storedLeftBehind = async (readModels: OpenReadModels): Promise<readonly StoredLeftBehind[]> => {
  const found = storesOf(readModels).map((store) => leftBehind(hostedIn(readModels), [store]).then((all) => Promise.all(all.map(describe))));
  return (await Promise.allSettled(found)).flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
};

const describe = async ({ projection, store }: LeftBehind): Promise<StoredLeftBehind> => ({
  projection,
  store: store.name,
  state: 'Left behind',
  generations: (await store.generations(projection)).map(({ number }) => number),
  owners: [...new Set((await store.leases(projection)).map(({ owner }) => owner))],
});

const COLUMNS: readonly Column<StoredLeftBehind>[] = [
  { title: 'projection', value: ({ projection }) => projection },
  { title: 'store', value: ({ store }) => store },
  { title: 'generations', value: ({ generations }) => count(BigInt(generations.length)), align: 'right' },
  { title: 'run by', value: ({ owners }) => owners.join(', ') || '–' },
];

/** Prints nothing if there is nothing. */
export const leftBehindReport = (found: readonly StoredLeftBehind[]): readonly string[] =>
  found.length === 0
    ? []
    : [
        '',
        'Left behind by projections that the application does not have any more; mainstem forget <projection> removes it:',
        ...table(COLUMNS, found),
      ];
