// All projections of the search index.
import { hostedOn } from '#apps/read-models/src/hosted-on.js';
import { productTexts } from './product-texts.projection.js';

export const searchProjections = [productTexts] as const;

export const hostedOnSearch = hostedOn(searchProjections);
