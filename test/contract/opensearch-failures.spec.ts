// A projection's reaction to every answer of a search server or a proxy: it waits for trouble, parks an event, stops at
// a mistake.
import { randomBytes } from 'node:crypto';
import type { Position } from '@mainstem/event-store';
import { EMPTY_DIGEST } from '@mainstem/projection/adapter';
import { afterEach, describe, expect, it } from 'vitest';
import { AnsweringProxy, type ProxiedRequest, type ProxyAnswer } from './answering-proxy.js';
import { COUNTS, counts, FailureRun } from './failure-run.js';
import { freshPrefix, openStore, removeIndices, sharedNode } from './opensearch-nodes.js';

const CASE_TIMEOUT_MS = 200_000;
const url = (await sharedNode()) ?? '';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Running {
  readonly run: FailureRun;
  readonly proxy: AnsweringProxy;
  readonly index: string;
}

const running = async (): Promise<Running> => {
  const prefix = freshPrefix();
  cleanUps.push(() => removeIndices(url, prefix));
  const proxy = await AnsweringProxy.listen(url);
  cleanUps.push(() => proxy.close());
  const store = await openStore(proxy.url, prefix);
  cleanUps.push(() => store.close());
  const run = new FailureRun(store);
  cleanUps.push(() => run.stop());
  run.start();
  await run.append({ keys: ['a'] });
  await run.settles();
  const [index = ''] = await indicesOf(`${prefix}-${COUNTS}-g1`);
  return { run, proxy, index };
};

const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
  const answer = await fetch(`${url}/${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const said: unknown = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(said)}`);
  return said;
};

const indicesOf = async (alias: string): Promise<readonly string[]> => Object.keys((await ask('GET', `_alias/${alias}`)) as object);

const saying = (status: number, type: string): ProxyAnswer => ({
  status,
  text: JSON.stringify({ error: { type, reason: 'says the test' }, status }),
});
const isBulk = ({ path }: ProxiedRequest): boolean => path.includes('/_bulk');

const TROUBLES: readonly (readonly [name: string, answer: ProxyAnswer, reason: RegExp])[] = [
  ['429', saying(429, 'rejected_execution_exception'), /^READ_STORE_UNAVAILABLE: .*429 \(rejected_execution_exception/],
  ['503', saying(503, 'no_master'), /^READ_STORE_UNAVAILABLE: .*503/],
  ['500', saying(500, 'io_exception'), /^READ_STORE_UNAVAILABLE: .*500/],
  ['a page of a gateway', { status: 502, text: '<html>Bad Gateway</html>' }, /^READ_STORE_UNAVAILABLE: .*502/],
  ['401', saying(401, 'security_exception'), /^READ_STORE_PERMISSION_DENIED: .*401/],
  ['403', saying(403, 'security_exception'), /^READ_STORE_PERMISSION_DENIED: .*403.*must be able to create/],
  ['half of an answer', 'cut', /^READ_STORE_UNAVAILABLE: /],
];

describe.skipIf(url === '')('failures of a search server', { timeout: CASE_TIMEOUT_MS }, () => {
  it.each(TROUBLES)('are waited for where it answers %s, whatever was asked', async (_, answer, reason) => {
    const { run, proxy } = await running();
    proxy.answer = () => answer;
    await run.append({ keys: ['a', 'b'] }, { keys: ['a'] });
    await run.waits(reason);
    proxy.answer = () => undefined;
    await run.settles();
    expect([await run.parked(), await run.stored()]).toEqual([[], { a: 3, b: 1, all: 4 }]);
  });

  it.each(TROUBLES)('are waited for where it answers %s to a batch that is committed', async (_, answer, reason) => {
    const { run, proxy } = await running();
    proxy.answer = (request) => (isBulk(request) ? answer : undefined);
    await run.append({ keys: ['a', 'b'] }, { keys: ['a'] });
    await run.waits(reason);
    proxy.answer = () => undefined;
    await run.settles();
    expect([await run.parked(), await run.stored()]).toEqual([[], { a: 3, b: 1, all: 4 }]);
  });

  it('are waited for where it does not answer in time', async () => {
    const { run, proxy } = await running();
    proxy.answer = (request) => (isBulk(request) ? 'silence' : undefined);
    await run.append({ keys: ['a', 'b'] });
    await run.waits(/^READ_STORE_UNAVAILABLE: .*(timed out|timeout)/i);
    proxy.answer = () => undefined;
    await run.settles();
    expect([await run.parked(), await run.stored()]).toEqual([[], { a: 2, b: 1, all: 3 }]);
  });

  it.each(['write', 'read_only_allow_delete', 'read_only'])('are waited for while the index has the block %s', async (block) => {
    const { run, index } = await running();
    await ask('PUT', `${index}/_settings`, { [`index.blocks.${block}`]: true });
    await run.append({ keys: ['a', 'b'] });
    await run.waits(/^READ_STORE_READ_ONLY: .*lifts the block/);
    await ask('PUT', `${index}/_settings`, { [`index.blocks.${block}`]: null });
    await run.settles();
    expect([await run.parked(), await run.stored()]).toEqual([[], { a: 2, b: 1, all: 3 }]);
  });

  it('fill a deleted index anew', async () => {
    const { run, index } = await running();
    await ask('DELETE', index);
    await run.append({ keys: ['a', 'b'] });
    await run.settles();
    expect([await run.parked(), await run.stored()]).toEqual([[], { a: 2, b: 1, all: 3 }]);
  });

  it('take requests apart, and then batches, that are too large for what stands before it', async () => {
    const { run, proxy } = await running();
    proxy.answer = ({ body }) => (body.length > 300_000 ? saying(413, 'too_large') : undefined);
    await run.append(...Array.from({ length: 16 }, (_, place) => ({ keys: [`large${place}`], length: 100_000 })));
    await run.settles();
    expect(await run.parked()).toEqual([]);
    expect(await run.stored()).toMatchObject({ a: 1, large0: 1, large15: 1, all: 17 });
  });

  it.each([
    ['more than one request for the batch beside the state', 1_000_000, 450_000],
    ['more than one for the batch in the state', 500_000, 225_000],
  ])('take the documents of one event apart that fit one by one and not together: %s', async (_, bytesMax, bytes) => {
    const { run, proxy } = await running();
    proxy.answer = ({ body }) => (body.length > bytesMax ? saying(413, 'too_large') : undefined);
    // Nothing that could be packed.
    const content = randomBytes(bytes).toString('base64');
    await run.append({ keys: ['a'] }, { keys: ['k1', 'k2', 'k3'], content }, { keys: ['k2', 'b'] });
    await run.settles();
    expect([await run.parked(), await run.stored()]).toEqual([[], { a: 2, b: 1, k1: 1, k2: 2, k3: 1, all: 7 }]);
  });

  it('park exactly the document that is taken, and would not be as a part of the batch', async () => {
    const { run, proxy } = await running();
    // Whatever the document itself needs, and next to nothing more.
    let bytesMax = 400_000;
    proxy.answer = ({ body }) => {
      if (bytesMax === 400_000 && body.length > bytesMax) bytesMax = body.length + 10;
      return body.length > bytesMax ? saying(413, 'too_large') : undefined;
    };
    // Longer when it is packed.
    const letters = Array.from({ length: 0x7f - 0x23 }, (_, place) => String.fromCodePoint(0x23 + place)).filter((letter) => letter !== '\\');
    const content = Array.from(randomBytes(450_000), (byte) => letters[byte % letters.length]).join('');
    await run.append({ keys: ['a', 'k1'] }, { keys: ['k1'], content }, { keys: ['a'] });
    await run.settles();
    expect([await run.parked(), await run.stored()]).toEqual([[['k1', 3]], { a: 3, k1: 1, all: 4 }]);
  });

  it('take requests apart that are more than it has memory for', async () => {
    const { run, proxy } = await running();
    const text = JSON.stringify({ error: { type: 'es_rejected_execution_exception', reason: 'rejected … [coordinating_operation_bytes=9, max=1]' } });
    proxy.answer = (request) => (isBulk(request) && request.body.split('\n').length > 9 ? { status: 429, text } : undefined);
    await run.append(...Array.from({ length: 16 }, (_, place) => ({ keys: [`k${place}`] })));
    await run.settles();
    expect(await run.parked()).toEqual([]);
    expect(await run.stored()).toMatchObject({ a: 1, k0: 1, k15: 1, all: 17 });
  });

  it.each([
    ['a proxy before it', 2_000_000, saying(413, 'too_large'), 'characters \\(413, too large'],
    ['the store', 12_000_000, undefined, 'characters as JSON'],
  ])('park exactly the document that %s does not take for its size', async (_, length, answer, reason) => {
    const { run, proxy } = await running();
    proxy.answer = ({ body }) => (body.length > 1_000_000 ? answer : undefined);
    await run.append({ keys: ['a', 'large'] }, { keys: ['b', 'large', 'c'], length }, { keys: ['a', 'b'] }, { keys: ['large'], length });
    await run.settles();
    expect(await run.parked()).toEqual([
      ['large', 3],
      ['large', 5],
    ]);
    expect((await run.store.parked(COUNTS, 1))[0]?.error).toMatch(new RegExp(`PROJECTION_FAILED: .*Document large of counts: .*${reason}`));
    expect(await run.stored()).toEqual({ a: 3, b: 2, c: 1, large: 1, all: 7 });
  });

  it('leave nothing of a large document in the place of a state document that was lost', async () => {
    const { run, index } = await running();
    await run.stop();
    const session = await run.store.open(counts, 1);
    await ask('DELETE', `${index}/_doc/state?refresh=true`);
    const changes = [{ collection: COUNTS, upserts: new Map([['large', { text: 'x'.repeat(300_000) }]]), deletes: [] }];
    const checkpoint = { from: session.checkpoint.position, to: 9n as Position, digest: EMPTY_DIGEST };
    await expect(session.commit({ changes, checkpoint })).rejects.toMatchObject({ code: 'READ_STORE_UNKNOWN_GENERATION' });
    expect((await fetch(`${url}/${index}/_doc/state`)).status).toBe(404);
  });

  it('stop at once where a mapping made by hand refuses a document of a batch that is committed, name it, and lose nothing once that is undone', async () => {
    const { run, index } = await running();
    const map = (field: object) => ask('PUT', `${index}/_mapping`, { properties: { key: { type: 'keyword', fields: { number: field } } } });
    await map({ type: 'integer' });
    await run.append({ keys: ['1', 'word', '2'] }, { keys: ['1'] });
    await run.stops(
      /^READ_STORE_STATEMENT_REFUSED: .*document (totals\/all|counts\/word) of a batch that is committed: mapper_parsing_exception.*mapping/,
    );
    await map({ type: 'integer', ignore_malformed: true });
    await run.stop();
    run.start();
    await run.settles();
    expect([await run.parked(), await run.stored()]).toEqual([[], { 1: 2, 2: 1, a: 1, word: 1, all: 5 }]);
  });
});
