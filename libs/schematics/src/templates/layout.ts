// Lists between brackets as a formatter lays them out: on one line if it fits, else each part on its own.

/** .prettierrc.json of an application says the same. */
export const LINE_MAX = 150;

/** `parts` between brackets, such as `{ a: 1, b: 2 }`. `before` and `after`: the rest of the line, with its indent. */
export const bracketed = (before: string, [open, close]: readonly [string, string], parts: readonly string[], after: string): string => {
  const space = open.endsWith('{') ? ' ' : '';
  const line = parts.length === 0 ? `${before}${open}${close}${after}` : `${before}${open}${space}${parts.join(', ')}${space}${close}${after}`;
  if (line.length <= LINE_MAX && !line.includes('\n')) return line;
  const indent = /^ */.exec(before)?.[0] ?? '';
  return `${before}${open}\n${parts.map((part) => `${indent}  ${part},\n`).join('')}${indent}${close}${after}`;
};
