// The two client packages behind the adapter, and the schemes of connection strings: each a process of its own that says what it has loaded.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SOURCE_ARGUMENTS } from '../fixtures/source-arguments.js';
import { startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';

const WORKER = fileURLToPath(new URL('workers/client-package.ts', import.meta.url));

describe('the connection to the event store', () => {
  let fixture: ProtocolFixture;
  beforeAll(async () => {
    fixture = await startProtocol();
  });
  afterAll(() => fixture.stop());

  /** What is said, on both outputs. The process ends by itself. */
  const said = async (scheme: string, state: string): Promise<string> => {
    const address = fixture.server.connectionString.replace('esdb', scheme);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...SOURCE_ARGUMENTS, WORKER, address, state], { timeout: 60_000 });
    return `${stdout}${stderr}`.trim();
  };

  it.each(['esdb', 'kurrentdb', 'kurrent', 'kdb', 'kurrentdb+discover'])(
    'is made by KurrentDB’s client where it is installed: %s://',
    async (scheme) => {
      expect(await said(scheme, 'installed')).toBe('1 read by @kurrent/kurrentdb-client');
    },
  );

  it.each(['esdb', 'kurrentdb', 'kurrentdb+discover'])('is made by EventStoreDB’s client otherwise: %s://', async (scheme) => {
    expect(await said(scheme, 'missing')).toBe('1 read by @eventstore/db-client');
  });
});
