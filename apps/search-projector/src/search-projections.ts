// All projections of the search index.
import { productTexts } from './product-texts.projection.js';

export const searchProjections = [productTexts] as const;
