// No projector can look into the others, so what they have is written down a second time: it must be the same.
import { cacheProjections } from '#apps/cache-projector/src/cache-projections.js';
import { searchProjections } from '#apps/search-projector/src/search-projections.js';
import { sqlProjections } from '#apps/sql-projector/src/sql-projections.js';
import { expect, it } from 'vitest';
import { projectionNames } from './projection-names.js';

it('the names of all projections are those that the projectors host', () => {
  expect(projectionNames).toEqual([...sqlProjections, ...cacheProjections, ...searchProjections].map(({ name }) => name));
});
