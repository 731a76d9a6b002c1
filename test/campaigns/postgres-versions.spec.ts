// The suites of the event store and of read models on PostgreSQL, on every version of the server that can be had.
import { describe, expect, it } from 'vitest';
import { postgresVersions } from '../../scripts/services/postgres-programs.mjs';
import { ROOT, run } from '../acceptance/packages/project.js';

describe.each(postgresVersions)('PostgreSQL %i', (version) => {
  it('keeps the promises', async () => {
    const said = await run(`POSTGRES_VERSION=${version} npm test -- --project contract test/contract/postgres- 2>&1`, ROOT);
    expect(said).toMatch(new RegExp(`Service: PostgreSQL ${version}\\.`));
  });
});
