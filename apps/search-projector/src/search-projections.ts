// All projections of the search index.
import type { HostedProjection, ReadStore, RebuildPolicy } from '@mainstem/projection';
import { productTexts } from './product-texts.projection.js';

export const searchProjections = [productTexts] as const;

/** Each on its own. `rebuild`: what to do about one whose definition has changed. */
export const hostedOnSearch = (store: ReadStore, rebuild: RebuildPolicy = 'manual'): readonly HostedProjection[] =>
  searchProjections.map((projection) => ({ projection, store, rebuild }));
