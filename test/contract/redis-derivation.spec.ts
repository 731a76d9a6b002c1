// Keys that are lost while boards are made anew: the generation is withdrawn, and never recorded as complete.
import { execFileSync } from 'node:child_process';
import type { Incarnation, Position } from '@mainstem/event-store';
import { EMPTY_DIGEST } from '@mainstem/projection/adapter';
import type { RedisReadStore } from '@mainstem/redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RespClient } from '../fixtures/resp-client.js';
import { redisFixture, redisUrl, scoresProjection as projection, type RedisFixture } from './redis-fixtures.js';

/** More than one step of a derivation takes. */
const DOCUMENTS = 1_500;
/** The first document of the second step. */
const SECOND_STEP = 1_000;

interface Score {
  readonly score: number;
}

const DELETE = `
  const [host, port, key] = process.argv.slice(1);
  const socket = require('node:net').connect(port, host, () => socket.write('DEL ' + key + '\\r\\n'));
  socket.on('data', (reply) => process.exit(String(reply) === ':1\\r\\n' ? 0 : 1));`;

/** A board is derived without a wait, so events in between have ended when this returns: another process does it. */
const deleteMeanwhile = (url: string, key: string): void => {
  const { hostname, port } = new URL(url);
  execFileSync(process.execPath, ['-e', DELETE, hostname, port || '6379', key]);
};

describe.skipIf(redisUrl === undefined)('a derivation in Redis that loses keys', () => {
  const url = redisUrl ?? '';
  let fixture: RedisFixture;

  /** What the names of the collection's keys begin with. */
  const rootOf = async (): Promise<string> => {
    const client = await RespClient.connect(url);
    const keys = (await client.send(['KEYS', `${fixture.prefix}{scores}:*:d`]).finally(() => client.close())) as string[];
    return (keys[0] ?? '').slice(0, -1);
  };
  /** Opens with boards of another version, and has `meanwhile` happen when the second step begins. */
  const openWith = async (meanwhile: () => void): Promise<RedisReadStore> => {
    const boards = ({ score }: Score) => {
      if (score === SECOND_STEP) meanwhile();
      return [{ board: 'all', score }];
    };
    const store = await fixture.open({ scores: { boards, version: 2 } });
    await store.open(projection, 1);
    return store;
  };

  beforeEach(async () => {
    fixture = redisFixture(url);
    const store = await fixture.open({ scores: { boards: ({ score }: Score) => [{ board: 'all', score }] } });
    await store.createGeneration(projection, 'i' as Incarnation);
    const session = await store.open(projection, 1);
    const upserts = new Map(Array.from({ length: DOCUMENTS }, (_, score) => [`k${String(score).padStart(4, '0')}`, { score }]));
    const changes = [{ collection: 'scores', upserts, deletes: [] }];
    await session.commit({ changes, checkpoint: { from: undefined, to: 1n as Position, digest: EMPTY_DIGEST } });
  });
  afterEach(() => fixture.remove());

  it.each([
    ['the documents', 'd'],
    ['their order', 'k'],
    ['the boards by document', '2:p'],
    ['the sizes of the boards', '2:s'],
    ['a board', '2:b:all'],
  ])('is given up, and its generation with it: %s', async (_, end) => {
    const key = `${await rootOf()}${end}`;
    await expect(openWith(() => deleteMeanwhile(url, key))).rejects.toMatchObject({ code: 'READ_STORE_DAMAGED' });
    const reader = await fixture.open();
    expect(await reader.get('scores', 'k0001')).toEqual({ value: undefined, position: undefined });
    expect(await reader.top('scores', 'all', { limit: 3 })).toEqual({ value: [], position: undefined });
    expect(await reader.generations('scores')).toMatchObject([{ state: 'side', damage: expect.any(String) as string }]);
  });

  it('is begun anew after one that was left half done', async () => {
    const halfDone = openWith(() => {
      throw new Error('enough');
    });
    await expect(halfDone).rejects.toThrow('enough');
    const store = await openWith(() => undefined);
    expect((await store.top('scores', 'all', { limit: 2 })).value).toMatchObject([{ score: DOCUMENTS - 1 }, { score: DOCUMENTS - 2 }]);
    expect(await store.checkDerived('scores', 1)).toEqual([]);
  });
});
