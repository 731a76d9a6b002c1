// Single requests, answered like EventStoreDB 24.10: status, trailers, the texts that clients read, shape.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';
import { isAccident, isRefusal, recordedCalls, seenOf, WireReplay } from './eventstoredb/recorded-wire.js';

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
    if (isAccident(call.answer)) expect(isRefusal(answer)).toBe(true);
    else expect(seenOf(answer)).toEqual(seenOf(call.answer));
  });
});
