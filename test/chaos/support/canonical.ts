// One text for one content: JSON with sorted keys, so that dumps can be compared byte for byte.

/** JSON in which the properties of objects are in order of their names. */
export const canonical = (value: unknown): string => JSON.stringify(value, (_, member: unknown) => sorted(member));

const sorted = (value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => compare(left, right)));
};

/** In order of bytes of UTF-8. */
export const compare = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right));

/** The first lines in which two dumps differ; undefined if they are the same, byte for byte. */
export const differenceOf = (actual: readonly string[], expected: readonly string[]): string | undefined => {
  const length = Math.max(actual.length, expected.length);
  for (let line = 0; line < length; line++) {
    if (actual[line] !== expected[line])
      return `line ${line}\n  is        ${actual[line] ?? '(missing)'}\n  should be ${expected[line] ?? '(nothing)'}`;
  }
  return undefined;
};
