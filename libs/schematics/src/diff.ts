// A change as a unified diff, as `git apply` and `patch` take it.

interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

const CONTEXT = 3;
/** Larger changed parts are shown whole: as all lines before, then all after. */
const COMPARED_MAX = 4_000_000;

/** `before` is absent for a new file. Texts end with a line break, or the last line is shown as if it did. */
export const unifiedDiff = (file: string, before: string | undefined, after: string): string => {
  const lines = comparedLines(linesOf(before ?? ''), linesOf(after));
  const hunks = hunksOf(lines).map(([from, to]) => hunk(lines, from, to));
  return [`--- ${before === undefined ? '/dev/null' : `a/${file}`}`, `+++ b/${file}`, ...hunks].join('\n');
};

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

const comparedLines = (before: readonly string[], after: readonly string[]): readonly Line[] => {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const same = (text: string): Line => ({ mark: ' ', text });
  return [
    ...before.slice(0, start).map(same),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
};

/** By the longest common subsequence. */
const middle = (before: readonly string[], after: readonly string[]): readonly Line[] => {
  if (before.length * after.length > COMPARED_MAX)
    return [...before.map((text): Line => ({ mark: '-', text })), ...after.map((text): Line => ({ mark: '+', text }))];
  const common = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  const at = (row: number, column: number): number => common[row]?.[column] ?? 0;
  for (let row = before.length - 1; row >= 0; row--)
    for (let column = after.length - 1; column >= 0; column--)
      (common[row] as Uint32Array)[column] =
        before[row] === after[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    if (row < before.length && column < after.length && before[row] === after[column]) {
      lines.push({ mark: ' ', text: before[row++] ?? '' });
      column++;
    } else if (row < before.length && (column === after.length || at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ mark: '-', text: before[row++] ?? '' });
    } else lines.push({ mark: '+', text: after[column++] ?? '' });
  }
  return lines;
};

/** Ranges of lines with their context, those that touch as one. */
const hunksOf = (lines: readonly Line[]): readonly (readonly [from: number, to: number])[] => {
  const ranges: [number, number][] = [];
  for (const [place, { mark }] of lines.entries()) {
    if (mark === ' ') continue;
    const from = Math.max(0, place - CONTEXT);
    const to = Math.min(lines.length, place + CONTEXT + 1);
    const last = ranges.at(-1);
    if (last && from <= last[1]) last[1] = to;
    else ranges.push([from, to]);
  }
  return ranges;
};

const hunk = (lines: readonly Line[], from: number, to: number): string => {
  const count = (part: readonly Line[], left: '-' | '+'): number => part.filter(({ mark }) => mark === ' ' || mark === left).length;
  const range = (side: '-' | '+'): string => {
    const size = count(lines.slice(from, to), side);
    return `${side}${count(lines.slice(0, from), side) + (size > 0 ? 1 : 0)},${size}`;
  };
  return [`@@ ${range('-')} ${range('+')} @@`, ...lines.slice(from, to).map(({ mark, text }) => `${mark}${text}`)].join('\n');
};
