// Random requests, all in one application: it compiles, lints, and every generated spec passes.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { addAggregate, addProjection, newApplication, type Files } from '@mainstem/schematics';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aggregateRequests, projectionRequests } from '../../../libs/schematics/src/requests.fixtures.js';
import { build } from '../online-retail/application-process.js';
import { ROOT, run } from '../packages/project.js';

const SEED = Number(process.env['PROPERTY_SEED'] ?? Date.now());
const AGGREGATES = 60;
const folder = mkdtempSync(join(tmpdir(), 'mainstem-random-'));

beforeAll(build, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One request a name, in one application. */
const everything = (): Files => {
  const requests = new Map(fc.sample(aggregateRequests, { numRuns: AGGREGATES, seed: SEED }).map((request) => [request.name, request]));
  let files: Files = newApplication(
    { name: 'my-shop', eventStore: 'embedded', sql: 'sqlite', cache: 'embedded', search: 'embedded' },
    { versionOf: () => '^0.1.0' },
  );
  for (const request of requests.values()) {
    files = addAggregate(files, request);
    for (const projection of projectionRequests(request)) files = addProjection(files, projection);
  }
  return files;
};

it(`compiles, lints and passes its specs, also with names like HTTPCall (PROPERTY_SEED=${SEED})`, async () => {
  for (const [file, text] of everything()) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await run('node node_modules/typescript/bin/tsc', folder);
  await run('node node_modules/oxlint/bin/oxlint --deny-warnings', folder);
  expect(await run('node node_modules/vitest/vitest.mjs run --no-isolate', folder)).toMatch(/Test Files {2}.*passed/);
});
