// A block is drawn over the former one, whatever the size of the window.
import { describe, expect, it } from 'vitest';
import { redrawer } from './redraw.js';

const drawn = async (size: { readonly rows: number; readonly columns: number }, ...blocks: readonly (readonly string[])[]): Promise<string> => {
  let text = '';
  const redraw = redrawer(
    (more) => Promise.resolve(void (text += more)),
    () => size,
  );
  for (const block of blocks) await redraw(block);
  return text;
};

describe('a redrawn block', () => {
  it('begins where the former one began, and clears it', async () => {
    expect(await drawn({ rows: 24, columns: 80 }, ['a', 'b'], ['c'])).toBe('\r\u001B[Ja\nb\n\u001B[2A\r\u001B[Jc\n');
  });

  it('is clipped to the window, so that no line wraps or scrolls', async () => {
    expect(await drawn({ rows: 3, columns: 5 }, ['123456', 'b', 'c', 'd'], ['e'])).toBe('\r\u001B[J1234\nb\n\u001B[2A\r\u001B[Je\n');
  });

  it('hides no cursor, and lets no text of data control the terminal', async () => {
    const text = await drawn({ rows: 24, columns: 80 }, ['\u001B[?25l'], ['x']);
    expect(text).not.toContain('\u001B[?25l');
  });
});
