// Numbers of lines, in documents one after the other and in interleaved ones.
import { describe, expect, it } from 'vitest';
import { DocumentRuns } from './document-runs.js';
import type { ImportedEvent } from './imported-event.js';

describe('the order of lines', () => {
  let seq = 0;
  const header = (documentNo: string): ImportedEvent => event(documentNo, 'OrderPlaced', {});
  const line = (documentNo: string, number: number): ImportedEvent => event(documentNo, 'OrderLineAdded', { line: number });
  const event = (documentNo: string, type: ImportedEvent['type'], data: ImportedEvent['data']): ImportedEvent => {
    seq++;
    return { lineNumber: seq, text: '', seq, stream: `order-${documentNo}`, documentNo, type, at: '2011-01-04T10:00:00Z', data };
  };
  /** The numbers of the refused lines, counted from 0. */
  const refused = (events: readonly (ImportedEvent | 'set aside')[], runs = new DocumentRuns()): readonly number[] =>
    events.flatMap((next, index) => {
      if (next === 'set aside') runs.skip();
      else if (runs.check(next)) runs.skip();
      else {
        runs.push(next);
        return [];
      }
      return next === 'set aside' ? [] : [index];
    });

  it('is the same with other documents in between', () => {
    expect(refused([header('1'), line('1', 1), line('1', 7), line('1', 1)])).toEqual([2, 3]);
    expect(refused([header('1'), line('1', 1), header('2'), line('1', 7), line('2', 1), line('1', 1)])).toEqual([3, 5]);
  });

  it('begins with 1 after a header, and with any number without one', () => {
    expect(refused([header('1'), line('1', 2), line('1', 3)])).toEqual([1]);
    expect(refused([line('1', 5), header('2'), line('1', 6), line('1', 5)])).toEqual([3]);
  });

  it('may skip as many numbers as lines were rejected since the last one', () => {
    expect(refused([header('1'), line('1', 1), 'set aside', header('2'), 'set aside', line('2', 1), line('1', 4), line('2', 2)])).toEqual([]);
    expect(refused([header('1'), line('1', 1), 'set aside', header('2'), 'set aside', line('1', 5)])).toEqual([5]);
    expect(refused([header('1'), 'set aside', line('1', 1), line('1', 3)])).toEqual([3]);
  });

  it('does not treat a refused line as one with an unknown number', () => {
    expect(refused([header('1'), line('1', 3), line('1', 5), line('1', 6)])).toEqual([1, 2]);
  });

  it('is forgotten for the least recent documents', () => {
    const runs = new DocumentRuns(2);
    expect(refused([header('1'), header('2'), line('1', 1), header('3'), line('1', 3), line('2', 9), line('2', 11)], runs)).toEqual([4, 6]);
  });
});
