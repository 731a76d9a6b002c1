// The lines of the file: each asks for one change, and every reader judges it by the same rules.
import {
  encodeDocument,
  type CheckpointMove,
  type Claim,
  type CommitBatch,
  type LeaseCommand,
  type ParkedEvent,
  type RecordCommand,
} from '@mainstem/projection/adapter';

// #region line
/** What a line asks for. */
export type Asked =
  | { readonly do: 'change'; readonly projection: string; readonly command: RecordCommand }
  | { readonly do: 'commit'; readonly projection: string; readonly claim: Claim & { readonly at: string }; readonly batch: BatchLine }
  | { readonly do: 'lease'; readonly command: LeaseCommand; readonly nowMs: number }
  | { readonly do: 'note'; readonly projection: string; readonly name: string; readonly text: string | undefined };

/** A whole batch: documents, parked events and checkpoint are in one line, so they are there together or not at all. */
export interface BatchLine {
  readonly checkpoint: CheckpointMove;
  readonly changes: readonly ChangesLine[];
  readonly park?: readonly ParkedEvent[];
  readonly unpark?: readonly Pick<ParkedEvent, 'key' | 'position'>[];
}

interface ChangesLine {
  readonly collection: string;
  /** Pairs and not an object, for a key may be `__proto__`; of a key and a document as JSON text. */
  readonly upserts: readonly (readonly [key: string, text: string])[];
  readonly deletes: readonly string[];
}

/** Errors: READ_STORE_INVALID_DOCUMENT, before anything is written. */
export const lineOf = ({ changes, ...batch }: CommitBatch): BatchLine => ({
  ...batch,
  changes: changes.map(({ collection, upserts, deletes }) => {
    const texts = [...upserts].map(([key, document]) => [key, encodeDocument(collection, key, document)] as const);
    return { collection, upserts: texts, deletes };
  }),
});
// #endregion

export const batchOf = ({ changes, ...batch }: BatchLine): CommitBatch => ({
  ...batch,
  changes: changes.map(({ upserts, ...rest }) => ({ ...rest, upserts: new Map(upserts.map(([key, text]) => [key, JSON.parse(text) as object])) })),
});

/** JSON has no 64-bit numbers: `{ "$n": "5" }` stands for one. Documents are texts here, so none can look like it. */
export const encodeLine = (line: Asked & { readonly id: string }): string =>
  JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? { $n: String(value) } : value));

/** Undefined for a line that a crash has cut off: a part of an object is never JSON. */
export const decodeLine = (text: string): (Asked & { readonly id: string }) | undefined => {
  try {
    return JSON.parse(text, (_, value: { readonly $n?: string } | null) => (value?.$n === undefined ? value : BigInt(value.$n))) as Asked & {
      readonly id: string;
    };
  } catch {
    return undefined;
  }
};
