// The read stores that the fault suites run on, each made by a module of its own. STORES=postgres,redis chooses.
import type { Position } from '@mainstem/event-store';
import type { ReadStore } from '@mainstem/projection';
import type { Tally } from './told-documents.js';

/** Where one trial's read models live: in a folder, or under a name on a server. Told to other processes as JSON. */
export interface StorePlace {
  readonly dir: string;
  /** Letters, digits and underscores. */
  readonly scope: string;
}

/** What a module of this folder exports as `store`. */
export interface StoreUnderTest {
  /** Opens the store; any process may. */
  open(place: StorePlace): Promise<ReadStore>;
  /** Removes what the place has outside its folder. */
  remove(place: StorePlace): Promise<void>;
  /**
   * Asks like an application for the tally of a stream; `word` is in its last text. Absent if only the engine reads.
   */
  readTally?(store: ReadStore, stream: string, word: string): Promise<TallyAnswer>;
  /** True if its server is there. CI requires it without asking. */
  isThere(): Promise<boolean>;
}

/** What a query saw, and the position that all of it reflects. */
export interface TallyAnswer {
  readonly value: Tally | undefined;
  readonly position: Position | undefined;
}

// Each is imported by those only who use it: a process that is going to be killed should not take long to start.
const modules: Readonly<Record<string, () => Promise<{ readonly store: StoreUnderTest }>>> = {
  sqlite: () => import('./sqlite.js'),
  postgres: () => import('./postgres.js'),
  mariadb: () => import('./mariadb.js'),
  cache: () => import('./cache.js'),
  search: () => import('./search.js'),
  ndjson: () => import('./ndjson.js'),
  redis: () => import('./redis.js'),
  opensearch: () => import('./opensearch.js'),
};

/** Errors: RangeError for a store that there is not. */
export const storeNamed = async (name: string): Promise<StoreUnderTest> => {
  const load = modules[name];
  if (!load) throw new RangeError(`there is no read store ${name}; there are: ${Object.keys(modules).join(', ')}`);
  return (await load()).store;
};

const ALL_STORES: readonly string[] = Object.keys(modules);

/** One store's share of a count on all stores together, whichever of them run now. */
export const ofEachStore = (count: number): number => Math.ceil(count / ALL_STORES.length);

/** The chosen names that can run. A missing server fails its suites under CI; elsewhere they are left out. */
export const storesToTest = async (names = ALL_STORES): Promise<readonly string[]> => {
  const wanted = process.env['STORES']?.split(',').filter((name) => names.includes(name));
  const chosen = wanted ?? names;
  if (process.env['CI']) return chosen;
  const there: string[] = [];
  for (const name of chosen) {
    if (await (await storeNamed(name)).isThere()) there.push(name);
    else console.warn(`${name} is not there: its fault suites are left out.`);
  }
  return there;
};

/** Of stores that live in the trial's folder. */
export const inItsFolder = (open: (place: StorePlace) => Promise<ReadStore>): StoreUnderTest => ({
  open,
  remove: () => Promise.resolve(),
  isThere: () => Promise.resolve(true),
});
