// All projections of the search index.
import type { HostedProjection, ReadStore } from '@mainstem/projection';
import { productTexts } from './product-texts.projection.js';

export const searchProjections = [productTexts] as const;

/** Each on its own; one whose definition has changed fills a new generation while the old one serves. */
export const hostedOnSearch = (store: ReadStore): readonly HostedProjection[] =>
  searchProjections.map((projection) => ({ projection, store, rebuild: 'auto' }));
