// An invalid trace context is ignored, whatever its source. Cases from W3C Trace Context, section 3.2.2.
import { describe, expect, it } from 'vitest';
import { isTraceparent, traceparentOf } from './traceparent.js';

const VALID = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a trace context', () => {
  it('is followed when it is valid, sampled or not', () => {
    expect(traceparentOf({ traceparent: VALID })).toBe(VALID);
    expect(isTraceparent(VALID.replace(/01$/, '00'))).toBe(true);
  });

  it.each([
    ['missing', undefined],
    ['a number', 1],
    ['empty', ''],
    ['of no trace', '00-00000000000000000000000000000000-b7ad6b7169203331-01'],
    ['of no span', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01'],
    ['in upper case', VALID.toUpperCase()],
    ['too short', VALID.slice(0, -1)],
    ['followed by something', `${VALID}-extra`],
    ['of a later version', VALID.replace(/^00/, '01')],
    ['of the invalid version ff', VALID.replace(/^00/, 'ff')],
    ['no hexadecimal text', VALID.replace('0af7', '0ag7')],
  ])('that is %s is ignored', (_, traceparent) => {
    expect(traceparentOf({ traceparent } as never)).toBeUndefined();
  });
});
