// A leaderboard that has lost places is noticed by the first commit or query that meets it, and never shown shortened.
import type { Incarnation, Position } from '@mainstem/event-store';
import { EMPTY_DIGEST, type ReadStoreSession } from '@mainstem/projection/adapter';
import type { RedisReadStore } from '@mainstem/redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RespClient, type RespCommand } from '../fixtures/resp-client.js';
import { redisFixture, redisUrl, scoresProjection as projection, type RedisFixture } from './redis-fixtures.js';

interface Score {
  readonly board: string;
  readonly score: number;
}
const at = (position: bigint): Position => position as Position;

describe.skipIf(redisUrl === undefined)('a board in Redis that has lost places', () => {
  let fixture: RedisFixture;
  let store: RedisReadStore;
  let session: ReadStoreSession;
  let position: Position | undefined;

  const commit = async (upserts: Readonly<Record<string, Score>>, deletes: readonly string[] = []): Promise<void> => {
    const to = at((position ?? 0n) + 1n);
    const changes = [{ collection: 'scores', upserts: new Map(Object.entries(upserts)), deletes }];
    await session.commit({ changes, checkpoint: { from: position, to, digest: EMPTY_DIGEST } });
    position = to;
  };
  const onServer = async (...commands: readonly RespCommand[]): Promise<void> => {
    const client = await RespClient.connect(redisUrl ?? '');
    await client.send(...commands).finally(() => client.close());
  };
  const keyOf = async (board: string): Promise<string> => {
    const client = await RespClient.connect(redisUrl ?? '');
    const keys = (await client.send(['KEYS', `${fixture.prefix}{scores}:*:b:${board}`]).finally(() => client.close())) as string[];
    return keys[0] ?? '';
  };
  const top = async (board: string): Promise<readonly string[]> => {
    const { value } = await store.top<Score>('scores', board, { limit: 10 });
    return value.map(({ key }) => key);
  };

  beforeEach(async () => {
    fixture = redisFixture(redisUrl ?? '');
    store = await fixture.open({ scores: { boards: ({ board, score }: Score) => [{ board, score }] } });
    await store.createGeneration(projection, 'i' as Incarnation);
    session = await store.open(projection, 1);
    position = undefined;
    await commit({ a: { board: 'red', score: 1 }, b: { board: 'red', score: 2 }, c: { board: 'blue', score: 3 }, d: { board: 'red', score: 4 } });
    expect(await top('red')).toEqual(['d', 'b', 'a']);
  });
  afterEach(() => fixture.remove());

  it.each<[string, Readonly<Record<string, Score>>, readonly string[]]>([
    ['puts another document on it', { e: { board: 'red', score: 5 } }, []],
    ['moves a document on it', { a: { board: 'red', score: 9 } }, []],
    ['moves a document from it to another one', { a: { board: 'blue', score: 1 } }, []],
    ['deletes a document that is on it', {}, ['a']],
  ])('is noticed by a commit that %s', async (_, upserts, deletes) => {
    await onServer(['DEL', await keyOf('red')]);
    await expect(commit(upserts, deletes)).rejects.toMatchObject({
      code: 'READ_STORE_DAMAGED',
      message: expect.stringContaining('board red') as string,
    });
    expect(await top('red')).toEqual([]);
    expect((await store.get('scores', 'b')).position).toBeUndefined();
    await expect(store.open(projection, 1)).rejects.toMatchObject({ code: 'READ_STORE_DAMAGED' });
  });

  it('is noticed when it has lost a single place', async () => {
    await onServer(['ZREM', await keyOf('red'), 'b']);
    await expect(commit({ e: { board: 'red', score: 5 } })).rejects.toMatchObject({ code: 'READ_STORE_DAMAGED' });
  });

  it('does not concern commits to other boards, and is noticed by the query that meets it', async () => {
    await onServer(['DEL', await keyOf('red')]);
    await commit({ c: { board: 'blue', score: 7 } });
    expect(await top('blue')).toEqual(['c']);
    expect(await top('red')).toEqual([]);
    expect((await store.generations('scores'))[0]).toMatchObject({ state: 'side', damage: expect.stringContaining('board red') as string });
  });

  it('is told from one that was emptied, and from one that is filled again', async () => {
    await commit({}, ['a', 'b', 'd']);
    expect(await top('red')).toEqual([]);
    await commit({ a: { board: 'red', score: 1 } });
    expect(await top('red')).toEqual(['a']);
    await commit({ a: { board: 'red', score: 1 }, b: { board: 'red', score: 1 }, c: { board: 'red', score: 2 } }, ['d']);
    expect(await top('red')).toEqual(['c', 'a', 'b']);
    expect(await top('blue')).toEqual([]);
  });
});
