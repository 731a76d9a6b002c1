// The form of a line: which lines are events of the ledger, and what is wrong with the others.
import { describe, expect, it } from 'vitest';
import { parseEvent } from './imported-event.js';

describe('the time of a line', () => {
  const parsed = (at: string): unknown =>
    parseEvent(JSON.stringify({ seq: 1, stream: 'order-1', type: 'OrderPlaced', at, data: { orderNo: '1', customerId: null, country: 'EIRE' } }), 1);

  it.each(['2010-12-01T08:26:00Z', '2012-02-29T23:59:59.123456789Z', '2000-02-29T00:00:00Z'])('may be %s', (at) =>
    expect(parsed(at)).toMatchObject({ at }),
  );

  it.each([
    '2011-02-30T10:00:00Z',
    '2011-02-29T10:00:00Z',
    '1900-02-29T10:00:00Z',
    '2011-04-31T10:00:00Z',
    '2011-13-01T10:00:00Z',
    '2011-01-00T10:00:00Z',
    '2011-01-04T24:00:00Z',
    '2011-01-04T10:60:00Z',
    '2011-01-04T10:00:60Z',
    '2011-01-04T10:00Z',
    '2011-01-04T10:00:00+01:00',
    '2011-01-04T10:00:00',
    '2011-01-04',
  ])('cannot be %s', (at) =>
    expect(parsed(at)).toEqual({ code: 'IMPORT_WRONG_FIELD', reason: 'at: must be a time in UTC such as 2010-12-01T08:26:00Z' }),
  );
});
