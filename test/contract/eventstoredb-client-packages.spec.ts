// The two client packages behind the adapter, and the schemes of connection strings: each process reports what it
// loads.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';
import { makeCertificate } from '../fixtures/certificate.js';
import { SOURCE_ARGUMENTS } from '../fixtures/source-arguments.js';
import { startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';

const WORKER = fileURLToPath(new URL('workers/client-package.ts', import.meta.url));

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** What is said, on both outputs. The process ends by itself. */
const saidOf = async (...workerArguments: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...SOURCE_ARGUMENTS, WORKER, ...workerArguments], { timeout: 60_000 });
  return `${stdout}${stderr}`.trim();
};

describe('the connection to the event store', () => {
  let fixture: ProtocolFixture;
  beforeAll(async () => {
    fixture = await startProtocol();
  });
  afterAll(() => fixture.stop());

  const said = (scheme: string, state: string, choice = ''): Promise<string> =>
    saidOf(fixture.server.connectionString.replace('esdb', scheme), state, choice);

  it.each(['esdb', 'kurrentdb', 'kurrent', 'kdb', 'kurrentdb+discover'])(
    'is made by KurrentDB’s client where it is installed: %s://',
    async (scheme) => {
      expect(await said(scheme, 'installed')).toBe('1 read by @kurrent/kurrentdb-client');
    },
  );

  it.each(['esdb', 'kurrentdb', 'kurrentdb+discover'])('is made by EventStoreDB’s client otherwise: %s://', async (scheme) => {
    expect(await said(scheme, 'missing')).toBe('1 read by @eventstore/db-client');
  });

  it.each(['missing', 'changed'])('is made by EventStoreDB’s client where KurrentDB’s is %s', async (state) => {
    expect(await said('esdb', state)).toBe('1 read by @eventstore/db-client');
  });

  it.each([
    ['missing', /Cannot find @kurrent\//],
    ['changed', /no class Client/],
  ])('is refused where KurrentDB’s client was chosen and is %s, by the name of the package', async (state, reason) => {
    const refusal = await said('esdb', state, 'kurrentdb');
    expect(refusal).toMatch(/^EVENT_STORE_CLIENT_UNUSABLE: .*@kurrent\/kurrentdb-client/);
    expect(refusal).toMatch(reason);
  });
});

describe('an application with two copies of gRPC', () => {
  let dir: string;
  let server: EventStoreDbServer;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-two-copies-'));
    const tls = await makeCertificate(dir, 'own');
    server = await EventStoreDbServer.start({ dir, port: 0, tls, administrator: { username: 'admin', password: 's3cret' } });
    await mkdir(join(dir, 'node_modules/@grpc'), { recursive: true });
    await cp(join(MODULES, '@grpc/grpc-js'), join(dir, 'node_modules/@grpc/grpc-js'), { recursive: true });
    for (const name of ['@grpc/proto-loader', '@js-sdsl']) await symlink(join(MODULES, name), join(dir, 'node_modules', name));
  });
  afterAll(async () => {
    await server.stop();
    await rm(dir, { recursive: true });
  });

  it.each(['kurrentdb', 'eventstoredb'])('sends the credentials with each call: %s', async (choice) => {
    const address = `esdb://admin:s3cret@localhost:${server.port}?tls=true&tlsCAFile=${encodeURIComponent(join(dir, 'own.pem'))}`;
    const copy = join(dir, 'node_modules/@grpc/grpc-js/build/src/index.js');
    expect(await saidOf(address, 'installed', choice, copy)).toMatch(/^1 read by /);
  });
});
