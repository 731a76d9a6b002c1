// Persistent subscriptions and links, scenario by scenario, answered as EventStoreDB 24.10 answered them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LINK_SCENARIOS } from './eventstoredb/link-scenarios.js';
import { PERSISTENT_SCENARIOS } from './eventstoredb/persistent-scenarios.js';
import { startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';
import { Scenario } from './eventstoredb/scenario.js';

const DATA = fileURLToPath(new URL('../../data/eventstoredb-24.10/scenarios.json', import.meta.url));
const { scenarios: recorded } = JSON.parse(readFileSync(DATA, 'utf8')) as { readonly scenarios: Readonly<Record<string, readonly string[]>> };

/** By the titles under which they are recorded. */
const SCENARIOS = new Map([
  ...Object.entries(PERSISTENT_SCENARIOS).map(([title, run]) => [`persistent: ${title}`, run] as const),
  ...Object.entries(LINK_SCENARIOS).map(([title, run]) => [`links: ${title}`, run] as const),
]);

describe('a scenario', () => {
  let fixture: ProtocolFixture;
  let serial = 0;
  beforeAll(async () => {
    fixture = await startProtocol({ links: true });
  });
  afterAll(() => fixture.stop());

  it.concurrent.each([...SCENARIOS])('is answered as recorded: %s', { timeout: 60_000 }, async (title, run) => {
    const scenario = new Scenario(fixture.client, `run${serial++}x`);
    const lines = await run(scenario);
    expect(lines.map((line) => scenario.told(line))).toEqual(recorded[title]);
  });

  it('is there for each recording', () => {
    expect([...SCENARIOS.keys()].toSorted()).toEqual(Object.keys(recorded).toSorted());
  });
});
