// A watch shows each look, outlives failures, and ends by Ctrl-C or after its time.
import { MainstemError } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import type { Look } from './watch-looks.js';
import { watchLooks } from './watch-looks.js';

class Away extends MainstemError {
  constructor() {
    super('EVENT_STORE_UNAVAILABLE', 'away');
  }
}

const FAST = { intervalMs: 1, isJson: false };

const watch = (look: (count: number, stop: () => void) => Promise<Look>, pace: { forMs?: number; isJson?: boolean } = {}, isTerminal = false) => {
  const stopping = new AbortController();
  const printed: string[] = [];
  const blocks: (readonly string[])[] = [];
  const terminal = {
    isInteractive: isTerminal,
    errorStream: process.stderr,
    print: (line: string) => Promise.resolve(void printed.push(line)),
    say: () => undefined,
    ...(isTerminal && { redraw: (lines: readonly string[]) => Promise.resolve(void blocks.push(lines)) }),
  };
  let count = 0;
  const looks = (): Promise<Look> => look(++count, () => stopping.abort());
  return watchLooks({ terminal, signal: stopping.signal }, looks, { ...FAST, ...pace }).then((code) => ({ code, printed, blocks, count }));
};

describe('a watch', () => {
  it('prints one block a look without a terminal, and ends with 130 by Ctrl-C', async () => {
    const { code, printed } = await watch(async (count, stop) => {
      if (count === 3) stop();
      return { lines: [`look ${count}`], code: 0 };
    });
    expect(code).toBe(130);
    expect(printed.filter((line) => line.startsWith('look'))).toEqual(['look 1', 'look 2']);
  });

  it('draws over the former look on a terminal', async () => {
    const { blocks, printed } = await watch(
      async (count, stop) => {
        if (count === 3) stop();
        return { lines: [`look ${count}`], code: 0 };
      },
      {},
      true,
    );
    expect(blocks.map(([line]) => line)).toEqual(['look 1', 'look 2']);
    expect(printed).toEqual([]);
  });

  it('ends after its time with the code of the last look', async () => {
    const { code, count } = await watch(async () => ({ lines: [], code: 1 }), { forMs: 20 });
    expect(code).toBe(1);
    expect(count).toBeGreaterThan(1);
  });

  it('shows a failure of a store, and looks again; each line is JSON if that is wanted', async () => {
    const { printed } = await watch(
      async (count, stop) => {
        if (count === 1) throw new Away();
        if (count === 3) stop();
        return { lines: ['[]'], code: 0 };
      },
      { isJson: true },
    );
    expect(printed).toEqual(['{"code":"EVENT_STORE_UNAVAILABLE","message":"away"}', '[]']);
  });

  it('ends by Ctrl-C while a store gives no answer', async () => {
    const { code } = await watch((_, stop) => (stop(), new Promise<never>(() => undefined)));
    expect(code).toBe(130);
  });

  it('ends after its time while a store gives no answer, with that as a trouble', async () => {
    const { code, printed } = await watch(() => new Promise<never>(() => undefined), { forMs: 20 });
    expect(code).toBe(1);
    expect(printed.at(-1)).toMatch(/no answer/);
  });

  it('shows that as JSON, too, after looks that were answered', async () => {
    const looks = (count: number): Promise<Look> => (count === 1 ? Promise.resolve({ lines: ['[]'], code: 0 }) : new Promise<never>(() => undefined));
    const { code, printed } = await watch(looks, { forMs: 20, isJson: true });
    expect(code).toBe(1);
    expect(printed.map((line) => JSON.parse(line) as unknown)).toEqual([[], { code: 'CLI_NO_ANSWER', message: expect.stringMatching(/no answer/) }]);
  });
});
