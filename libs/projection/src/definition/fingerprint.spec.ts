import { createHash } from 'node:crypto';
import { defineEvents, fingerprintOf } from '@mainstem/event-store';
import { IsInt } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { documentProjection } from './document-projection.js';
import { count, sum, type Measure } from './measures.js';
import { rollUp } from './roll-up.js';

class Put {
  @IsInt() beds!: number;
}
class Ward {
  id!: string;
  site!: string;
  beds!: number;
  staff!: number;
}
class Site {
  site!: string;
  beds!: number;
  staff!: number;
  capacity!: number;
}
const events = defineEvents('ward', { Put });
type Measures = Partial<Record<'beds' | 'staff' | 'capacity', Measure<Ward>>>;

const wards = (...measures: readonly Measures[]): string =>
  documentProjection({
    name: 'wards',
    version: 1,
    document: Ward,
    events: [events],
    key: ({ stream }) => stream,
    evolve: { Put: (ward) => ward },
    rollUps: measures.map((of, index) =>
      rollUp(Ward, { name: `sites-${index}`, document: Site, keyField: 'site', groupBy: ({ site }) => site, measures: of }),
    ),
  }).fingerprint;

describe('the fingerprint', () => {
  const [beds, staff] = [sum<Ward>((ward) => ward.beds), sum<Ward>((ward) => ward.staff)];

  it('changes when a measure is exchanged for one that another field also has', () => {
    expect(wards({ beds, staff, capacity: staff })).not.toBe(wards({ beds, staff, capacity: beds }));
    expect(wards({ beds, staff, capacity: count() })).not.toBe(wards({ beds, staff, capacity: beds }));
  });

  it('changes when a roll-up gets the measures of another one', () => {
    const [small, large] = [{ beds }, { beds, staff }];
    expect(wards(small, large, large)).not.toBe(wards(small, large, small));
  });

  it('is the same for the same objects in the same places, and ends if objects contain themselves', () => {
    expect(wards({ beds, staff, capacity: beds })).toBe(wards({ beds, staff, capacity: beds }));
    const knot = (): object => {
      const [outer, inner]: Record<string, unknown>[] = [{}, {}];
      return Object.assign(outer ?? {}, { inner: Object.assign(inner ?? {}, { outer }) });
    };
    expect(fingerprintOf(knot())).toBe(fingerprintOf(knot()));
    const loop: Record<string, unknown> = {};
    expect(fingerprintOf(knot())).not.toBe(fingerprintOf({ inner: Object.assign(loop, { outer: loop }) }));
  });

  // Written by hand, so that read models of older versions go on: SHA-256 of this text, first 16 digits.
  it('stays the same as in earlier versions if no object is in two places', () => {
    const words = ['v:wards', 'v:1', 'k:total', 'k:kind', 'v:sum', 'k:value', 'f:(\nward\n)\n=>\nward\n.\nbeds'];
    const expected = createHash('sha256')
      .update(`${words.join('\n')}\n`)
      .digest('hex')
      .slice(0, 16);
    // oxlint-disable-next-line no-eval
    expect(fingerprintOf('wards', 1, { total: sum((0, eval)('(ward) => ward.beds') as () => number) })).toBe(expected);
  });
});
