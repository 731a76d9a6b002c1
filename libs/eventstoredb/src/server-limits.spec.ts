import { EventTooLarge } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { ServerLimits } from './server-limits.js';

const limitsOf = ({ current: { bytesBeside: _, ...limits } }: ServerLimits) => limits;

describe('what a server accepts', () => {
  it('is the default of servers, unless settings say otherwise', () => {
    expect(limitsOf(new ServerLimits())).toEqual({ appendBytesMax: 1_048_576, eventBytesMax: 1_048_576, appendEventsMax: 10_000 });
    const raised = new ServerLimits({ appendBytesMax: 16_767_216 });
    expect(limitsOf(raised)).toEqual({ appendBytesMax: 16_767_216, eventBytesMax: 16_767_216, appendEventsMax: 10_000 });
    expect(limitsOf(new ServerLimits({ appendBytesMax: 100, eventBytesMax: 200 })).eventBytesMax).toBe(100);
  });

  it.each([16_767_217, 0, 1.5, Number.NaN])('cannot be %s bytes', (appendBytesMax) => {
    expect(() => new ServerLimits({ appendBytesMax })).toThrow(expect.objectContaining({ field: 'limits.appendBytesMax' }));
  });

  it('shrinks when the server says so, and never grows', () => {
    const limits = new ServerLimits({ appendBytesMax: 1_000 });
    limits.learn(new EventTooLarge('An event', 700, 600), true);
    expect(limitsOf(limits)).toMatchObject({ appendBytesMax: 1_000, eventBytesMax: 600 });
    limits.learn(new EventTooLarge('The append', 700, 500), false);
    expect(limitsOf(limits)).toMatchObject({ appendBytesMax: 500, eventBytesMax: 500 });
    limits.learn(new EventTooLarge('The append', 700, 2_000), false);
    limits.learn(new EventTooLarge('The append', 700, 0), false);
    expect(limitsOf(limits)).toMatchObject({ appendBytesMax: 500, eventBytesMax: 500 });
  });
});
