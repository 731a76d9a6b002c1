// Test projects: `unit` runs in one process without isolation (fast, no network); the others may start servers and processes.
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Those of Node alone: `module` would load builds for bundlers, which Node cannot run.
const conditions = ['@mainstem/source', 'node', 'development|production'];
const resolve = { conditions };
const ssr = { resolve: { conditions, externalConditions: ['@mainstem/source', 'node'] } };
// The same for specs, which no tsconfig of a library includes, as for sources: decorators as TypeScript's `experimentalDecorators`.
const oxc = { decorator: { legacy: true, emitDecoratorMetadata: true } };

/**
 * A suite below test/, the folder of its name. Files of one suite run `lanes` at a time: each has databases, prefixes and ports of its own, yet
 * all share the machine's two cores. Suites run one after the other.
 */
const suite = (name: string, place: number, testTimeout: number, lanes: number) => ({
  resolve,
  ssr,
  oxc,
  test: {
    name,
    include: [`test/${name}/**/*.spec.ts`],
    pool: 'forks' as const,
    maxWorkers: lanes,
    fileParallelism: lanes > 1,
    sequence: { groupOrder: place },
    testTimeout,
    // Hooks start and end servers, some of them by the dozen.
    hookTimeout: 2 * testTimeout,
    expect: { poll: { timeout: 30_000 } },
  },
});

/** It only reads files: all specs share what they have imported, the compiler above all. */
const architecture = ({ test, ...project }: ReturnType<typeof suite>) => ({
  ...project,
  test: { ...test, pool: 'threads' as const, isolate: false },
});

/** Specs of half a minute and more, the longest first: begun at the end, one of them would keep the other lanes idle. */
const LONG = [
  'contract/opensearch',
  'contract/sql-read-store',
  'contract/opensearch-failures',
  'contract/opensearch-2',
  'contract/eventstoredb-refused',
  'contract/redis-failures',
  'contract/eventstoredb-older-client',
  'contract/embedded-read-stores',
  'acceptance/separate-esdb',
  'acceptance/cli-ends',
  'acceptance/verify',
  'acceptance/rebuild',
  'acceptance/event-store-away',
  'acceptance/cli',
  'acceptance/online-retail/partitions',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.spec.ts`));
      return place === -1 ? LONG.length : place;
    };
    return (await super.sort(files)).toSorted((left, right) => placeOf(left) - placeOf(right));
  }
}

/** On a named server that holds other data, no other suite may append meanwhile. */
const contractLanes = process.env['EVENTSTOREDB_URL'] ? 1 : 3;

export default defineConfig({
  resolve,
  ssr,
  oxc,
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        ssr,
        oxc,
        test: {
          name: 'unit',
          include: ['libs/*/src/**/*.spec.ts', 'src/**/*.spec.ts', 'apps/*/src/**/*.spec.ts', 'scripts/**/*.spec.ts'],
          pool: 'threads',
          isolate: false,
          testTimeout: 20_000,
          expect: { poll: { timeout: 4_000, interval: 5 } },
        },
      },
      // Which ring runs which: scripts/rings.mjs.
      architecture(suite('architecture', 1, 60_000, 2)),
      suite('contract', 2, 60_000, contractLanes),
      suite('acceptance', 3, 600_000, 3),
      // What is killed and measured there has the machine for itself.
      suite('chaos', 4, 600_000, 1),
      suite('campaigns', 5, 1_800_000, 1),
    ],
  },
});
