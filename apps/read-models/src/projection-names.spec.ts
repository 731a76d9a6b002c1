// Projectors cannot see each other, so the names of all projections are listed twice: the lists must be equal.
import { cacheProjections } from '#apps/cache-projector/src/cache-projections.js';
import { searchProjections } from '#apps/search-projector/src/search-projections.js';
import { sqlProjections } from '#apps/sql-projector/src/sql-projections.js';
import { expect, it } from 'vitest';
import { projectionNames } from './projection-names.js';

it('the names of all projections are those of the projectors', () => {
  expect(projectionNames).toEqual([...sqlProjections, ...cacheProjections, ...searchProjections].map(({ name }) => name));
});
