// A unified diff of two texts, as patch and git apply read it.

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

const CONTEXT = 3;

/** Undefined if they are the same. `before`: undefined for a file that is not there. Texts end with a line break. */
export const unifiedDiff = (file: string, before: string | undefined, after: string): string | undefined => {
  if (before === after) return undefined;
  const lines = changes(linesOf(before ?? ''), linesOf(after));
  const shown = lines.map((_, at) => lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ sign }) => sign !== ' '));
  const hunks: string[] = [];
  for (let from = shown.indexOf(true); from !== -1;) {
    const end = shown.indexOf(false, from);
    const until = end === -1 ? lines.length : end;
    hunks.push(hunk(lines, from, until));
    from = end === -1 ? -1 : shown.indexOf(true, end);
  }
  return [`--- ${before === undefined ? '/dev/null' : `a/${file}`}`, `+++ b/${file}`, ...hunks].join('\n');
};

const hunk = (lines: readonly Line[], from: number, until: number): string => {
  const count = (part: readonly Line[], without: string): number => part.filter(({ sign }) => sign !== without).length;
  const [skipped, shown] = [lines.slice(0, from), lines.slice(from, until)];
  const range = (without: string): string => {
    const length = count(shown, without);
    // A side without lines is named by the line before it.
    return `${count(skipped, without) + (length === 0 ? 0 : 1)},${length}`;
  };
  return [`@@ -${range('+')} +${range('-')} @@`, ...shown.map(({ sign, text }) => sign + text)].join('\n');
};

/** By the longest common subsequence; a file of manifests has a few hundred lines. */
const changes = (before: readonly string[], after: readonly string[]): readonly Line[] => {
  const common = commonLengths(before, after);
  const lines: Line[] = [];
  let [left, right] = [0, 0];
  while (left < before.length || right < after.length) {
    const [removed, added] = [before[left], after[right]];
    if (removed !== undefined && removed === added) {
      lines.push({ sign: ' ', text: removed });
      left += 1;
      right += 1;
    } else if (removed !== undefined && (added === undefined || (common[left + 1]?.[right] ?? 0) >= (common[left]?.[right + 1] ?? 0))) {
      lines.push({ sign: '-', text: removed });
      left += 1;
    } else if (added !== undefined) {
      lines.push({ sign: '+', text: added });
      right += 1;
    }
  }
  return lines;
};

/** Of the rests of both that begin at two places. */
const commonLengths = (before: readonly string[], after: readonly string[]): readonly Uint32Array[] => {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let left = before.length - 1; left >= 0; left--)
    for (let right = after.length - 1; right >= 0; right--) {
      const [here, below] = [lengths[left], lengths[left + 1]];
      if (here && below)
        here[right] = before[left] === after[right] ? (below[right + 1] ?? 0) + 1 : Math.max(below[right] ?? 0, here[right + 1] ?? 0);
    }
  return lengths;
};

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
