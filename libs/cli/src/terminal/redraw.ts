// Draws a block of lines over the former one, on a terminal of any size.
import { printable } from '@mainstem/event-store';

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** Goes up over the former block and clears from there; the cursor is never hidden. */
export const redrawer = (write: (text: string) => Promise<void>, size: () => TerminalSize): ((lines: readonly string[]) => Promise<void>) => {
  let drawn = 0;
  return (lines) => {
    const { rows, columns } = size();
    // A line that wraps, or scrolls the window, would be counted wrongly with the next block.
    const shown = lines.slice(0, Math.max(1, rows - 1)).map((line) => [...printable(line)].slice(0, columns - 1).join(''));
    const up = drawn === 0 ? '' : `\u001B[${drawn}A`;
    drawn = shown.length;
    return write(`${up}\r\u001B[J${shown.join('\n')}\n`);
  };
};
