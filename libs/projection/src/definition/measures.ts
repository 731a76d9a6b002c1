// The measures of a roll-up. Every measure can subtract a document's contribution exactly.

export type Measure<Document> =
  | { readonly kind: 'count'; readonly where: (document: Readonly<Document>) => boolean }
  /** Whole numbers; the total must be a safe integer at every commit. */
  | { readonly kind: 'sum'; readonly value: (document: Readonly<Document>) => number }
  /** Decimal strings, added exactly; the total has `scale` decimal places. */
  | { readonly kind: 'decimal-sum'; readonly scale: number; readonly value: (document: Readonly<Document>) => string }
  | { readonly kind: 'min' | 'max'; readonly value: (document: Readonly<Document>) => string | number | null };

/** The number of documents in the group, or of those for which `where` holds. */
export const count = <Document>(where: (document: Readonly<Document>) => boolean = () => true): Measure<Document> => ({ kind: 'count', where });

/**
 * Sum of whole numbers. A total beyond 2^53 is refused with the document that has pushed it furthest; what other
 * documents of the same commit subtract counts, in any order.
 */
export const sum = <Document>(value: (document: Readonly<Document>) => number): Measure<Document> => ({ kind: 'sum', value });

/** Exact sum of decimal strings, such as money, shown with `scale` places. */
export const decimalSum = <Document>(scale: number, value: (document: Readonly<Document>) => string): Measure<Document> => ({
  kind: 'decimal-sum',
  scale,
  value,
});

/**
 * Smallest value (numbers by size, strings by code unit, without null); null if there is none. Memory grows with the
 * distinct values of a group.
 */
export const min = <Document>(value: (document: Readonly<Document>) => string | number | null): Measure<Document> => ({ kind: 'min', value });

/** Largest value; otherwise like `min`. */
export const max = <Document>(value: (document: Readonly<Document>) => string | number | null): Measure<Document> => ({ kind: 'max', value });
