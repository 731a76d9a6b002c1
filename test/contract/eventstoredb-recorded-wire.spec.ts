// Single requests, one after the other, answered as EventStoreDB 24.10 answered them: status, trailers, words where clients read them, shape.
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';
import { isAccident, isRefusal, recordedCalls, seenOf, WireReplay } from './eventstoredb/recorded-wire.js';

/** What this server answers otherwise on purpose, and why. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'supported methods': 'Persistent subscriptions are not served, and so not advertised.',
};

describe('a request of any client', () => {
  let fixture: ProtocolFixture;
  let replay: WireReplay;
  beforeAll(async () => {
    fixture = await startProtocol();
    replay = new WireReplay(fixture.server.port);
  });
  afterAll(async () => {
    replay.close();
    await fixture.stop();
  });

  it.each(recordedCalls())('is answered as recorded: $name', async (call) => {
    const answer = await replay.answerTo(call);
    const isAlike = isDeepStrictEqual(seenOf(answer), seenOf(call.answer));
    if (call.name in OTHERWISE) expect(isAlike, 'no difference any more: leave it out of the list').toBe(false);
    else if (isAccident(call.answer)) expect(isRefusal(answer)).toBe(true);
    else expect(seenOf(answer)).toEqual(seenOf(call.answer));
  });

  it('that is answered otherwise is one of those recorded', () => {
    const names = new Set(recordedCalls().map(({ name }) => name));
    expect(Object.keys(OTHERWISE).filter((name) => !names.has(name))).toEqual([]);
  });
});
