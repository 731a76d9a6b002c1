// Test projects: `unit` runs in one process without isolation (fast, no network); the others may start servers and processes.
import { defineConfig } from 'vitest/config';

// Those of Node alone: `module` would load builds for bundlers, which Node cannot run.
const conditions = ['@mainstem/source', 'node', 'development|production'];
const resolve = { conditions };
const ssr = { resolve: { conditions, externalConditions: ['@mainstem/source', 'node'] } };
// The same for specs, which no tsconfig of a library includes, as for sources: decorators as TypeScript's `experimentalDecorators`.
const oxc = { decorator: { legacy: true, emitDecoratorMetadata: true } };

/** A suite below test/, one file at a time: they share the machine's two cores and the services. */
const suite = (name: string, testTimeout: number) => ({
  resolve,
  ssr,
  oxc,
  test: {
    name,
    include: [`test/${name}/**/*.spec.ts`],
    pool: 'forks' as const,
    fileParallelism: false,
    testTimeout,
    // Hooks start and end servers, some of them by the dozen.
    hookTimeout: 2 * testTimeout,
    expect: { poll: { timeout: 30_000 } },
  },
});

export default defineConfig({
  resolve,
  ssr,
  oxc,
  test: {
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
          testTimeout: 5_000,
          expect: { poll: { timeout: 4_000 } },
        },
      },
      suite('architecture', 60_000),
      suite('contract', 60_000),
      suite('acceptance', 600_000),
      suite('chaos', 600_000),
    ],
  },
});
