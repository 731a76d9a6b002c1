// What progress bars draw: text from servers and data reaches the terminal as text, whatever it holds.
import { PassThrough } from 'node:stream';
import type { RebuildProgress } from '@mainstem/projection/operate';
import { describe, expect, it } from 'vitest';
import { program } from '../program.js';
import { ImportBar } from './import-bar.js';
import { PartBar } from './part-bar.js';
import { RebuildBars } from './rebuild-bars.js';
import type { Terminal } from './terminal.js';

/** Clears the screen, sets the title, rings, reverses the line and goes back to its start. */
const HOSTILE = 'x\u001b[2J\u001b]0;owned\u0007\r\u202eo\u009b31m\n';
// eslint-disable-next-line no-control-regex -- they are what is looked for
const ACTING = /\[2J|\u001b\]|\u0007|\u202e|\u009b/;

const drawn = async (draw: (terminal: Terminal) => { stop(): void }): Promise<string> => {
  const errorStream = Object.assign(new PassThrough(), { isTTY: true, columns: 400 });
  let text = '';
  errorStream.on('data', (chunk: Buffer) => (text += String(chunk)));
  const bar = draw({ isInteractive: true, errorStream, print: () => Promise.resolve(), say: () => undefined });
  bar.stop();
  await new Promise((resolve) => setImmediate(resolve));
  return text;
};
const withoutSequencesOfTheBar = (text: string): string => text.replaceAll('\\u001b[2J', '').replaceAll('\\u001b]', '');

describe('a progress bar', () => {
  it.each([
    [
      'of an import',
      (terminal: Terminal) => {
        const bar = new ImportBar(terminal, () => 1_000);
        bar.update({ bytesRead: 1, bytesTotal: 2, events: 1, waitsFor: HOSTILE });
        return bar;
      },
    ],
    [
      'of a part',
      (terminal: Terminal) => {
        const bar = new PartBar(terminal, HOSTILE, () => 1_000);
        bar.update(0.5, HOSTILE);
        return bar;
      },
    ],
    [
      'of a rebuild',
      (terminal: Terminal) => {
        const bars = new RebuildBars(terminal, () => 1_000);
        bars.update([{ projection: 'orders', store: 'sql', generation: 2, phase: 'fill', reason: HOSTILE, eventsPerSecond: 1 }]);
        return bars;
      },
    ],
  ])('%s shows control characters as text', async (_, draw) => {
    const text = await drawn(draw);
    expect(text).toContain('\\u001b[2J');
    expect(withoutSequencesOfTheBar(text)).not.toMatch(ACTING);
  });
});

describe('the progress of a rebuild of one projection in two read stores', () => {
  const progressIn = (store: string, phase: 'fill' | 'serving'): RebuildProgress => ({
    projection: 'orders',
    store,
    generation: 2,
    phase,
    eventsDone: 1n,
    eventsTotal: 4n,
    eventsPerSecond: 1,
  });

  it('is one bar for each', async () => {
    const text = await drawn((terminal) => {
      const bars = new RebuildBars(terminal, () => 1_000);
      bars.update([progressIn('sql', 'fill'), progressIn('cache', 'serving')]);
      return bars;
    });
    expect(text).toMatch(/orders \(sql\).*fill/);
    expect(text).toMatch(/orders \(cache\).*serving/);
  });

  it('is reported once for each', () => {
    const said: string[] = [];
    const terminal: Terminal = {
      isInteractive: false,
      errorStream: new PassThrough(),
      print: () => Promise.resolve(),
      say: (line) => said.push(line),
    };
    let nowMs = 0;
    const bars = new RebuildBars(terminal, () => nowMs);
    bars.update([progressIn('sql', 'serving'), progressIn('cache', 'serving')]);
    bars.update([progressIn('sql', 'serving'), progressIn('cache', 'serving')]);
    expect(said).toEqual(['  orders (sql): generation 2 serves', '  orders (cache): generation 2 serves']);
    nowMs = 6_000;
    bars.update([progressIn('sql', 'serving'), progressIn('cache', 'fill')]);
    expect(said.at(-1)).toMatch(/^ {2}1 at work, the slowest orders \(cache\): 25 %/);
  });
});

describe('a command line that cannot be understood', () => {
  it('comes back as text', async () => {
    const terminal: Terminal = { isInteractive: false, errorStream: new PassThrough(), print: () => Promise.resolve(), say: () => undefined };
    const surroundings = { terminal, signal: new AbortController().signal, folder: '.', env: {}, now: Date.now };
    const mainstem = program(surroundings, { code: 0 });
    let said = '';
    mainstem.configureOutput({ writeErr: (text) => (said += text) });
    await expect(mainstem.parseAsync([HOSTILE], { from: 'user' })).rejects.toThrow();
    expect(said).toContain('\\u001b[2J');
    expect(withoutSequencesOfTheBar(said)).not.toMatch(ACTING);
  });
});
