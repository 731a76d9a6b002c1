// The differences between a stored read model and the expected one.
import type { Position, StreamName } from '@mainstem/event-store';
import type { ProjectionDocument } from '../read-store/read-store.js';

/** The last event that was folded into a document. */
export interface LastEvent {
  readonly position: Position;
  readonly type: string;
  readonly stream: StreamName;
}

/** One field of one document; or the whole document, without a field, if it is missing, surplus or unreadable. */
export interface VerifyDifference {
  readonly store: string;
  readonly projection: string;
  readonly collection: string;
  readonly key: string;
  /**
   * `missing` in the store, `surplus` there, `changed`, or `derived`: a derived structure differs from its document.
   */
  readonly kind: 'missing' | 'surplus' | 'changed' | 'derived';
  readonly field?: string;
  /** Undefined if there is nothing. */
  readonly stored: unknown;
  readonly expected: unknown;
  /** For a roll-up: of the documents now in the group. Unknown for handlers' tables, and data without an event. */
  readonly lastEvent?: LastEvent;
}

export interface ComparedDocument {
  readonly collection: string;
  readonly key: string;
  readonly stored: ProjectionDocument | undefined;
  readonly expected: ProjectionDocument | undefined;
  readonly lastEvent?: LastEvent | undefined;
}

/** Collects differences: all are counted, the first ones are kept. */
export class Differences {
  readonly listed: VerifyDifference[] = [];
  /** The number of compared documents. */
  compared = 0;
  /** The number of documents with a difference. */
  documents = 0;
  /** The number of different fields; a whole document counts as one. */
  fields = 0;

  constructor(
    private readonly source: { readonly store: string; readonly projection: string },
    private readonly options: { readonly listedMax: number; readonly onDifference?: ((difference: VerifyDifference) => void) | undefined },
  ) {}

  compare({ collection, key, stored, expected, lastEvent }: ComparedDocument): void {
    this.compared++;
    const fields = differingFields(stored, expected);
    if (fields.length === 0) return;
    this.documents++;
    const kind = stored === undefined ? 'missing' : expected === undefined ? 'surplus' : 'changed';
    for (const field of fields) this.add({ collection, key, kind, ...field, ...(lastEvent && { lastEvent }) });
  }

  add(difference: Omit<VerifyDifference, 'store' | 'projection'>): void {
    this.fields++;
    const noted = { ...this.source, ...difference };
    if (this.listed.length < this.options.listedMax) this.listed.push(noted);
    this.options.onDifference?.(noted);
  }
}

interface FieldDifference {
  readonly field?: string;
  readonly stored: unknown;
  readonly expected: unknown;
}

const differingFields = (stored: ProjectionDocument | undefined, expected: ProjectionDocument | undefined): readonly FieldDifference[] => {
  if (stored === undefined && expected === undefined) return [];
  if (stored === undefined || expected === undefined) return [{ stored, expected }];
  if ('$unreadable' in stored) return [{ stored: stored.$unreadable, expected }];
  const [left, right] = [stored as Fields, expected as Fields];
  return [...new Set([...Object.keys(right), ...Object.keys(left)])]
    .filter((field) => !isSame(own(left, field), own(right, field)))
    .map((field) => ({ field, stored: own(left, field), expected: own(right, field) }));
};

type Fields = Readonly<Record<string, unknown>>;

const own = (fields: Fields, field: string): unknown => (Object.hasOwn(fields, field) ? fields[field] : undefined);

/** True if two values are the same JSON, in any order of properties; undefined ones do not count. */
const isSame = (left: unknown, right: unknown): boolean => {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  if (Array.isArray(left) && left.length !== (right as readonly unknown[]).length) return false;
  const fields = new Set([...Object.keys(left), ...Object.keys(right)]);
  for (const field of fields) if (!isSame(own(left as Fields, field), own(right as Fields, field))) return false;
  return true;
};
