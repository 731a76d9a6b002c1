// Roll-ups: sums, counts and extremes grouped by a field of a document projection, updated by the difference between
// the old and the new document. All measures commute, so the size of a batch cannot change a result. Only the refusal
// of a sum that leaves its bounds for a while depends on the end of a commit.
import type { DocumentClass, ProjectionDocument } from '../read-store/read-store.js';
import type { Measure } from './measures.js';

export interface RollUp<Document extends ProjectionDocument> {
  /** Name of the collection with one document for each group. */
  readonly name: string;
  readonly document: DocumentClass;
  /** Field of the group's document that holds the group's key. */
  readonly keyField: string;
  /** The group of a document, or null for none. Pure. */
  readonly groupBy: (document: Readonly<Document>) => string | null;
  /** By field of the group's document. */
  readonly measures: Readonly<Record<string, Measure<Document>>>;
}

export interface RollUpOptions<Document extends ProjectionDocument, Group extends ProjectionDocument> {
  readonly name: string;
  readonly document: DocumentClass<Group>;
  readonly keyField: keyof Group & string;
  readonly groupBy: (document: Readonly<Document>) => string | null;
  readonly measures: { readonly [Field in keyof Group & string]?: Measure<Document> };
}

/** Declares a roll-up; `from` is the class of its source documents. A group without documents has no document. */
export const rollUp = <Document extends ProjectionDocument, Group extends ProjectionDocument>(
  from: DocumentClass<Document>,
  options: RollUpOptions<Document, Group>,
): RollUp<Document> => {
  void from; // only to infer the type of the documents
  return options as RollUp<Document>;
};
