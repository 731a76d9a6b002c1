// Random sequences of client operations (appends, retries, reads, deletes, metadata, subscriptions), answered like
// EventStoreDB 24.10.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';
import { recording, recordings, SequenceReplay } from './eventstoredb/recorded-sequence.js';

describe('a sequence of operations', () => {
  let fixture: ProtocolFixture;
  beforeAll(async () => {
    fixture = await startProtocol();
  });
  afterAll(() => fixture.stop());

  it.each(recordings())('is answered as recorded, step by step: %s', async (name) => {
    const recorded = recording(name);
    const replay = await SequenceReplay.begin(fixture.client, recorded);
    for (const { n, answer, ...operation } of recorded.steps) {
      expect(await replay.answerTo(operation), `step ${n}: ${operation.op} ${operation.stream}`).toEqual(answer);
    }
  });
});
