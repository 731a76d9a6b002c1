// EVENTSTOREDB_URL: the suites of EventStoreDB on a running server of ours with other data, like a user's.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { binaryEvent, jsonEvent } from '@eventstore/db-client';
import { describe, expect, it } from 'vitest';
import { startProtocol } from './eventstoredb/protocol-fixture.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SUITES = ['event-store', 'semantics', 'appends'].map((name) => `test/contract/eventstoredb-${name}.spec.ts`);

const run = (url: string): Promise<string> =>
  new Promise((resolve) => {
    const env = { ...process.env, EVENTSTOREDB_URL: url, NO_COLOR: '1' };
    const args = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=verbose', '--project', 'contract', ...SUITES];
    execFile(process.execPath, args, { cwd: root, env, maxBuffer: 64 * 1_048_576 }, (_, stdout, stderr) => resolve(stdout + stderr));
  });

describe('a server that runs already and holds other data', () => {
  it('is what the contract and the semantics run on when EVENTSTOREDB_URL names it', { timeout: 600_000 }, async () => {
    const { client, server, stop } = await startProtocol();
    const others = (type: string) => Array.from({ length: 300 }, () => jsonEvent({ id: randomUUID(), type, data: { n: 1 } }));
    // Of the same types and names as the cases', with links between.
    for (const stream of ['order-1', 'order-2', 'credit-1']) await client.appendToStream(stream, [...others('Counted'), ...others('Opened')]);
    const links = Array.from({ length: 300 }, (_, n) => binaryEvent({ id: randomUUID(), type: '$>', data: Buffer.from(`${n}@order-1`) }));
    await client.appendToStream('$ce-order', links);
    const output = await run(server.connectionString);
    expect(output).toMatch(/Test Files\s+3 passed/);
    expect(output).toContain('EventStoreDB with other data');
    let written = 0;
    for await (const { event } of client.readAll()) if (event?.streamId.startsWith('part')) written++;
    expect(written).toBeGreaterThan(1_000);
    await stop();
  });
});
