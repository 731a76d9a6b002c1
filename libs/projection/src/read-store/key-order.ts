// The order of keys: by code point, which is the order of their UTF-8 bytes, whatever the locale.

const SURROGATE_MIN = 0xd800;
const SURROGATE_MAX = 0xdfff;

/** Below, equal to or above 0. JavaScript's own order of UTF-16 units puts characters beyond U+FFFF before U+E000. */
export const compareKeys = (left: string, right: string): number => {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const [one, other] = [left.charCodeAt(index), right.charCodeAt(index)];
    if (one !== other) return isSurrogate(one) === isSurrogate(other) ? one - other : isSurrogate(one) ? 1 : -1;
  }
  return left.length - right.length;
};

const isSurrogate = (unit: number): boolean => unit >= SURROGATE_MIN && unit <= SURROGATE_MAX;
