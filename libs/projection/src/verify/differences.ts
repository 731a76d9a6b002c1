// What is different between a read model as stored and as it has to be.
import type { Position, StreamName } from '@mainstem/event-store';
import type { ProjectionDocument } from '../read-store/read-store.js';

/** The last event that was folded into a document. */
export interface LastEvent {
  readonly position: Position;
  readonly type: string;
  readonly stream: StreamName;
}

/** One field of one document; or the whole document, without a field, when it is missing, surplus or unreadable. */
export interface VerifyDifference {
  readonly store: string;
  readonly projection: string;
  readonly collection: string;
  readonly key: string;
  /** `missing` in the store, `surplus` there, `changed`, or `derived`: a structure of the store does not fit its document. */
  readonly kind: 'missing' | 'surplus' | 'changed' | 'derived';
  readonly field?: string;
  /** Undefined where there is nothing. */
  readonly stored: unknown;
  readonly expected: unknown;
  /** Of a roll-up: of the documents that count in the group now. Not known for tables of handlers, and for what no event explains. */
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
  /** Documents that were compared. */
  compared = 0;
  /** Documents with a difference. */
  documents = 0;
  /** Fields that differ, whole documents counting as one. */
  fields = 0;

  constructor(
    private readonly source: { readonly store: string; readonly projection: string },
    private readonly options: { readonly listedMax: number; readonly onDifference?: ((difference: VerifyDifference) => void) | undefined },
  ) {}

  /** Compares one document and notes what differs. */
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

/** Whether two values are the same JSON, in whatever order their properties are; one that is undefined is not there. */
const isSame = (left: unknown, right: unknown): boolean => {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  if (Array.isArray(left) && left.length !== (right as readonly unknown[]).length) return false;
  const fields = new Set([...Object.keys(left), ...Object.keys(right)]);
  for (const field of fields) if (!isSame(own(left as Fields, field), own(right as Fields, field))) return false;
  return true;
};
