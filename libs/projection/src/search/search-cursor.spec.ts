// A cursor continues only the query that it was made for.
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './search-cursor.js';

const QUERY = 'white lantern';
/** The first member of a cursor of this query, as it was made; what follows is another\'s. */
const forged = (rest: string): string => {
  const [made] = JSON.parse(Buffer.from(encodeCursor({ rank: 1, key: 'a' }, QUERY), 'base64url').toString()) as [string];
  return Buffer.from(`[${JSON.stringify(made)},${rest}]`).toString('base64url');
};

describe('a search cursor', () => {
  it('is decoded unchanged', () => {
    const place = { rank: -14.65, key: 'ü/🎩' };
    expect(decodeCursor(encodeCursor(place, QUERY), QUERY)).toEqual(place);
  });

  it.each(['1e999,"a"', '-1e999,"a"', '1e300,"a"', '1,"a\\u0000"', '1,"\\udc00"', '"1","a"', '1,2', '1', 'null,null'])(
    'is refused with %s in it',
    (rest) => {
      expect(() => decodeCursor(forged(rest), QUERY)).toThrow(expect.objectContaining({ code: 'SEARCH_INVALID_CURSOR' }));
    },
  );

  it('is refused for another query', () => {
    expect(() => decodeCursor(encodeCursor({ rank: 1, key: 'a' }, 'other'), QUERY)).toThrow(
      expect.objectContaining({ code: 'SEARCH_INVALID_CURSOR' }),
    );
  });
});
