// Roll-ups: sums, counts and extremes grouped by a field of a document projection, kept up to date from the difference between the
// old and the new document. All measures commute, so the size of a batch cannot change a result. Only whether a sum that leaves its bounds for a
// while is refused depends on where a commit ends.
import type { DocumentClass, ProjectionDocument } from '../read-store/read-store.js';
import type { Measure } from './measures.js';

export interface RollUp<Document extends ProjectionDocument> {
  /** Name of the collection that holds one document a group. */
  readonly name: string;
  readonly document: DocumentClass;
  /** Field of the group's document that holds the group's key. */
  readonly keyField: string;
  /** The group that a document counts in, or null for none. Pure. */
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

/** Declares a roll-up; `from` names the class of the documents it is derived from. A group without documents has no document of its own. */
export const rollUp = <Document extends ProjectionDocument, Group extends ProjectionDocument>(
  from: DocumentClass<Document>,
  options: RollUpOptions<Document, Group>,
): RollUp<Document> => {
  void from; // only there to infer the type of the documents
  return options as RollUp<Document>;
};
