// A projection's reaction to every answer of a Redis server, on private ones: it waits for trouble, parks an event,
// stops at a mistake.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisReadStore } from '@mainstem/redis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startRedis, type RedisServer, type RedisServerOptions } from '../../scripts/services/redis.mjs';
import { RespClient, type RespCommand } from '../fixtures/resp-client.js';
import { COUNTS, FailureRun, type Count, type RunOptions } from './failure-run.js';
import { redisUrl } from './redis-fixtures.js';

const TIMEOUT_MS = 90_000;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'mainstem-redis-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const serve = async (options: RedisServerOptions = {}): Promise<RedisServer> => {
  const server = await startRedis(options);
  cleanUps.push(() => server.kill().catch(() => undefined));
  return server;
};

/** Another client of the server. */
const adminOf = async ({ url }: RedisServer): Promise<RespClient> => {
  const client = await RespClient.connect(url);
  cleanUps.push(() => client.close());
  return client;
};

const runOn = async ({ url }: RedisServer, options: RunOptions = {}): Promise<FailureRun> => {
  const boards = ({ key, times }: Count) => (key.startsWith('unranked') ? [] : [{ board: 'times', score: times }]);
  const store = await RedisReadStore.open({ url }, { collections: { [COUNTS]: { boards } } });
  cleanUps.push(() => store.close());
  const run = new FailureRun(store);
  cleanUps.push(() => run.stop());
  run.start(options);
  await run.append({ keys: ['a'] });
  await run.settles();
  return run;
};

const cutOff: RespCommand = ['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'];
/** Made by one administrator, and undone again. */
interface Trouble {
  readonly name: string;
  readonly reason: RegExp;
  readonly begin: readonly RespCommand[];
  readonly end: readonly RespCommand[];
}
const TROUBLES: readonly Trouble[] = [
  {
    name: 'has no memory left',
    reason: /^READ_STORE_UNAVAILABLE: .*maxmemory/,
    begin: [['CONFIG', 'SET', 'maxmemory', '1']],
    end: [['CONFIG', 'SET', 'maxmemory', '0']],
  },
  {
    name: 'has become a replica',
    reason: /^READ_STORE_READ_ONLY: .*replica/,
    begin: [['REPLICAOF', '127.0.0.1', '1']],
    end: [['REPLICAOF', 'NO', 'ONE']],
  },
  {
    name: 'asks for a password',
    reason: /^READ_STORE_PERMISSION_DENIED: .*NOAUTH.*Check user and password/,
    begin: [['CONFIG', 'SET', 'requirepass', 'secret'], ['AUTH', 'secret'], cutOff],
    end: [['CONFIG', 'SET', 'requirepass', '']],
  },
  {
    name: 'does not let the user run scripts',
    reason: /^READ_STORE_PERMISSION_DENIED: .*NOPERM/,
    begin: [['ACL', 'SETUSER', 'default', '-evalsha', '-eval']],
    end: [['ACL', 'SETUSER', 'default', '+@all']],
  },
  {
    name: 'does not let the user write in scripts',
    reason: /^READ_STORE_PERMISSION_DENIED: /,
    begin: [['ACL', 'SETUSER', 'default', '-hset', '-hincrby']],
    end: [['ACL', 'SETUSER', 'default', '+@all']],
  },
  {
    name: 'keeps other keys for the user',
    reason: /^READ_STORE_PERMISSION_DENIED: /,
    begin: [['ACL', 'SETUSER', 'default', 'resetkeys', '~others:*']],
    end: [['ACL', 'SETUSER', 'default', 'allkeys']],
  },
  {
    name: 'misses its replicas',
    reason: /^READ_STORE_UNAVAILABLE: .*NOREPLICAS/,
    begin: [['CONFIG', 'SET', 'min-replicas-to-write', '1']],
    end: [['CONFIG', 'SET', 'min-replicas-to-write', '0']],
  },
  {
    name: 'takes no more connections',
    // Its answer is often lost with the connection that it closes.
    reason: /^READ_STORE_UNAVAILABLE: .*(max number of clients|ECONNRESET|connection was lost)/,
    begin: [['CONFIG', 'SET', 'maxclients', '1'], cutOff],
    end: [['CONFIG', 'SET', 'maxclients', '100']],
  },
];

describe.skipIf(redisUrl === undefined)('failures of a Redis server', { timeout: TIMEOUT_MS }, () => {
  it.each(TROUBLES)('are waited for where it $name', async ({ reason, begin, end }) => {
    const server = await serve();
    const admin = await adminOf(server);
    const run = await runOn(server);
    await admin.send(...begin);
    await run.append({ keys: ['a', 'b'] }, { keys: ['a'] });
    await run.waits(reason);
    await admin.send(...end);
    await run.settles();
    expect(await run.parked()).toEqual([]);
    expect(await run.stored()).toEqual({ a: 3, b: 1, all: 4 });
  });

  it('are waited for while another client runs a long script', async () => {
    const server = await serve({ flags: ['--busy-reply-threshold', '1'] });
    const [busy, admin] = [await adminOf(server), await adminOf(server)];
    const run = await runOn(server);
    const script = busy.send(['EVAL', 'while true do end', 0]).catch(String);
    await run.append({ keys: ['a'] });
    await run.waits(/^READ_STORE_UNAVAILABLE: .*BUSY/);
    await admin.send(['SCRIPT', 'KILL']);
    await script;
    await run.settles();
    expect([await run.parked(), await run.stored()]).toEqual([[], { a: 2, all: 2 }]);
  });

  it('are waited for while it cannot save, and while it loads what it has saved', async () => {
    const place = join(folder, 'saves');
    const server = await serve({ folder: place, flags: ['--save', '1000 1000'] });
    const admin = await adminOf(server);
    const run = await runOn(server);
    const inTheWay = join(place, 'dump.rdb', 'something');
    await mkdir(inTheWay, { recursive: true });
    await admin.send(['BGSAVE']);
    await vi.waitFor(async () => expect(await admin.send(['INFO', 'persistence'])).toContain('rdb_last_bgsave_status:err'));
    await run.append({ keys: ['a'] });
    await run.waits(/^READ_STORE_UNAVAILABLE: .*MISCONF/);
    await rm(join(place, 'dump.rdb'), { recursive: true });
    await admin.send(['SAVE']);
    await run.settles();
    await admin.send(['EVAL', `for i = 1, 2000 do redis.call('SET', 'other:' .. i, string.rep('x', 2000)) end`, 0], ['SAVE']);
    await server.kill();
    await run.append({ keys: ['a'] });
    await run.waits(/ECONNREFUSED/);
    const slowly = ['--key-load-delay', '1000', '--loading-process-events-interval-bytes', '1024'];
    await serve({ folder: place, port: server.port, flags: slowly });
    await run.settles();
    expect([await run.parked(), await run.stored()]).toEqual([[], { a: 3, all: 3 }]);
  });

  it('are waited for where it does not answer in time', async () => {
    const server = await serve();
    const admin = await adminOf(server);
    const run = await runOn(server);
    await admin.send(['CLIENT', 'PAUSE', 17_000, 'ALL']);
    await run.append({ keys: ['a'] }, { keys: ['b'] });
    await run.waits(/^READ_STORE_UNAVAILABLE: .*(timed out|timeout)/i);
    await run.settles();
    expect([await run.parked(), await run.stored()]).toEqual([[], { a: 2, b: 1, all: 3 }]);
  });

  it('are none where connections are cut, and where scripts are forgotten', async () => {
    const server = await serve();
    const admin = await adminOf(server);
    const run = await runOn(server);
    for (const commands of [[cutOff], [['SCRIPT', 'FLUSH']]] as const) {
      await admin.send(...commands);
      await run.append({ keys: ['a'] });
      await run.settles();
    }
    expect([await run.parked(), await run.stored()]).toEqual([[], { a: 3, all: 3 }]);
  });

  it.each(['counts:d', 'counts:k', 'counts:1:b:times', 'totals:d', '$parked:n'])(
    'stop at once where a key of another program stands in the place of %s, and nothing is applied twice once it is gone',
    async (suffix) => {
      const server = await serve();
      const admin = await adminOf(server);
      const run = await runOn(server);
      const root = `mainstem:{${COUNTS}}:`;
      const id = String(await admin.send(['HGET', `${root}generations`, '1:id']));
      const name = `${root}${id}:${suffix}`;
      await admin.send(['DEL', name], ['SET', name, 'of another program']);
      await run.append({ keys: ['a', 'b'] });
      await run.stops(/^READ_STORE_STATEMENT_REFUSED: .*WRONGTYPE.*start again/);
      expect(await run.parked()).toEqual([]);
      await admin.send(['DEL', name]);
      await run.stop();
      run.start();
      await run.settles();
      expect(await run.stored()).toEqual({ a: 2, b: 1, all: 3 });
    },
  );

  it('stop at once where it lacks a command', async () => {
    const server = await serve();
    const run = await runOn(server);
    await run.stop();
    await server.kill();
    await serve({ port: server.port, flags: ['--rename-command', 'EVALSHA', 'other'] });
    run.start();
    await run.stops(/^READ_STORE_STATEMENT_REFUSED: .*unknown command.*EVALSHA/);
  });

  it('park exactly the document that is larger than it takes', async () => {
    const server = await serve({ flags: ['--proto-max-bulk-len', '1mb'] });
    const run = await runOn(server);
    const length = 2_000_000;
    await run.append({ keys: ['a', 'large'] }, { keys: ['b', 'large', 'c'], length }, { keys: ['a', 'b'] }, { keys: ['large'], length });
    await run.settles();
    expect(await run.parked()).toEqual([
      ['large', 3],
      ['large', 5],
    ]);
    expect((await run.store.parked(COUNTS, 1))[0]?.error).toMatch(/PROJECTION_FAILED: .*Document large of counts: .*2000\d{3} bytes/);
    expect(await run.stored()).toEqual({ a: 3, b: 2, c: 1, large: 1, all: 7 });
  });
});
