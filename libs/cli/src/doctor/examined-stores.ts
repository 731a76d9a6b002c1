// The stores and schemas that the settings name: reached, supported, with rights, by the same clock, up to date.
import type { ExaminedStore, MainstemApplication, OperatedSchema, ApplicationSettings, OpenExaminedStore } from '../application.js';
import { using } from '../commands/cli-context.js';
import { looked, type Examination, type Finding, type LookOptions } from './examination.js';

/** Times in status are wrong by as much as clocks differ, and a rebuild is taken for abandoned after ten seconds. */
const CLOCK_DIFFERENCE_MAX_MS = 2_000;

const CURE_STORE = 'Start it, or correct its setting: mainstem --help lists the variables, and the manual has a page for each store.';
const CURE_SCHEMA = 'Run mainstem migrate; with --print it gives the SQL for an administrator.';

export interface StoreLook extends LookOptions {
  /** The clock of this machine, in milliseconds since 1970. */
  readonly now: () => number;
}

/** All at once, so that the slowest one decides how long it takes. */
export const examinedStores = (stores: readonly ExaminedStore[], look: StoreLook): Promise<readonly Examination[]> =>
  Promise.all(stores.map((store) => looked(store.title, CURE_STORE, look, () => using(store.open(), (opened) => examinedClock(opened, look)))));

const examinedClock = async (store: OpenExaminedStore, { now }: StoreLook): Promise<Omit<Examination, 'subject'>> => {
  if (!store.serverTimeMs) return { facts: ['reached'], findings: [] };
  const before = now();
  const serverMs = await store.serverTimeMs();
  const after = now();
  const difference = differenceOf(serverMs, before, after);
  const findings: readonly Finding[] =
    Math.abs(difference) < CLOCK_DIFFERENCE_MAX_MS
      ? []
      : [
          {
            problem: `its clock is ${(Math.abs(difference) / 1_000).toFixed(1)} s ${difference > 0 ? 'ahead of' : 'behind'} this machine`,
            cure: 'Set both clocks by a time server (NTP).',
          },
        ];
  return { facts: ['reached', `clock differs by ${(Math.abs(difference) / 1_000).toFixed(1)} s`], findings };
};

/** 0 if the server told any time between question and answer. */
const differenceOf = (serverMs: number, before: number, after: number): number => {
  if (serverMs < before) return serverMs - before;
  return serverMs > after ? serverMs - after : 0;
};

/** For an application that does not say how each store is opened. */
export const storesTogether = (application: MainstemApplication, settings: ApplicationSettings): readonly ExaminedStore[] => [
  { title: 'events', open: () => application.openEvents(settings) },
  { title: 'read models', open: () => application.openReadModels(settings) },
];

/** Only those that can tell what `migrate` would do. */
export const examinedSchemas = (schemas: readonly OperatedSchema[], look: LookOptions): Promise<readonly Examination[]> =>
  Promise.all(
    schemas.flatMap((schema) => {
      const { title, waiting } = schema;
      if (!waiting) return [];
      return [
        looked(title, CURE_STORE, look, async () => {
          const problem = await waiting(look.signal);
          if (problem === undefined) return { facts: ['up to date'], findings: [] };
          return { facts: [], findings: [{ problem: `it waits for mainstem migrate: ${problem}`, cure: CURE_SCHEMA }] };
        }),
      ];
    }),
  );
