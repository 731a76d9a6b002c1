import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { systemRuntime, type Runtime } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { AppendPipeline } from './append-pipeline.js';
import type { HeldClient } from './client-holder.js';
import type { StoreContext } from './store-context.js';

/** The wire between the pipeline and a server: it accepts a number of messages, then holds back. */
class Wire extends EventEmitter {
  readonly written: Buffer[] = [];
  constructor(readonly messagesMax: number) {
    super();
  }
  write(message: Buffer): boolean {
    return this.written.push(message) < this.messagesMax;
  }
  cancel(): void {}
  answer(number: number): void {
    const correlationId = `6d61696e-7374-4565-8d00-${number.toString(16).padStart(12, '0')}`;
    this.emit('data', { correlationId, success: { revision: 0n, position: BigInt(number) }, refusal: undefined });
  }
}

/** Each call uses the next of the wires. */
const pipelineOver = (
  wires: readonly Wire[],
  { runtime = systemRuntime, abandoned = new AbortController().signal }: { readonly runtime?: Runtime; readonly abandoned?: AbortSignal } = {},
): AppendPipeline => {
  const left = [...wires];
  const held = { client: {}, openCall: () => Promise.resolve(left.shift()), abandoned } as unknown as HeldClient;
  const holder = { current: () => held, renew: () => undefined } as unknown as StoreContext['holder'];
  const timeouts = { answerMs: 5_000, patience: { allMs: 5_000, refusedMs: 5_000 } };
  return new AppendPipeline({ runtime, holder, timeouts, redact: (text) => text });
};

describe('an append that was on its way when the connection broke', () => {
  it('reports an unknown outcome and its cause when it is aborted before it is sent again, whatever was answered since', async () => {
    const wires = [new Wire(3), new Wire(1)] as const;
    const pipeline = pipelineOver(wires);
    const ending = new AbortController();
    const append = (signal?: AbortSignal) =>
      pipeline.append({ parts: [Buffer.alloc(1)], bytes: 1, isRepeatable: true, operation: { name: 'append' }, signal });
    const first = append();
    const second = append(ending.signal);
    await expect.poll(() => wires[0].written.length).toBe(2);
    wires[0].emit('error', Object.assign(new Error('the line is dead'), { code: 14 }));
    await expect.poll(() => wires[1].written.length).toBe(1);
    wires[1].answer(1);
    await first;
    ending.abort();
    await expect(second).rejects.toMatchObject({ code: 'EVENT_STORE_UNAVAILABLE', reason: 'the line is dead' });
    wires[1].emit('end');
    await turn();
  });
});

describe('a connection that is given up, as when its store is closed', () => {
  it('leaves no timer behind that would keep the process alive', async () => {
    let asleep = 0;
    const sleep: Runtime['sleep'] = async (ms, signal) => {
      asleep++;
      await systemRuntime.sleep(ms, signal);
      asleep--;
    };
    const wire = new Wire(3);
    const given = new AbortController();
    const pipeline = pipelineOver([wire], { runtime: { ...systemRuntime, sleep }, abandoned: given.signal });
    const appended = pipeline.append({ parts: [Buffer.alloc(1)], bytes: 1, isRepeatable: true, operation: { name: 'append' }, signal: undefined });
    await expect.poll(() => wire.written.length).toBe(1);
    wire.answer(1);
    await appended;
    expect(asleep).toBe(1);
    given.abort();
    await expect.poll(() => asleep, { timeout: 1_000 }).toBe(0);
  });
});
