// Makes an event of the ledger from a line of the file, or the reason why it is none.
import { instantOf } from '@mainstem/event-store';

export interface ImportedEvent {
  /** Line number in the file, from 1. */
  readonly lineNumber: number;
  readonly text: string;
  readonly seq: number;
  readonly stream: string;
  /** The part of the stream's name after the category: the document's number. */
  readonly documentNo: string;
  readonly type: LedgerEventType;
  /** When it happened, ISO 8601 in UTC. */
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type LedgerEventType = keyof typeof SHAPES;

/** Why a line is not imported. The code is stable; the reason names the field. */
export interface LineProblem {
  readonly code: string;
  readonly reason: string;
}

interface Shape {
  readonly category: string;
  readonly isHeader: boolean;
  readonly fields: readonly string[];
  /** The field that repeats the document's number. */
  readonly numberField?: string;
}

const LINE_FIELDS = ['line', 'sku', 'description', 'quantity', 'unitPrice'] as const;

const SHAPES = {
  OrderPlaced: { category: 'order', isHeader: true, fields: ['orderNo', 'customerId', 'country'], numberField: 'orderNo' },
  OrderLineAdded: { category: 'order', isHeader: false, fields: LINE_FIELDS },
  CreditNoteIssued: { category: 'credit', isHeader: true, fields: ['creditNo', 'customerId', 'country'], numberField: 'creditNo' },
  CreditLineAdded: { category: 'credit', isHeader: false, fields: LINE_FIELDS },
  StockAdjusted: {
    category: 'stock-adjustment',
    isHeader: false,
    fields: ['adjustmentNo', 'line', 'sku', 'quantityDelta', 'note', 'country'],
    numberField: 'adjustmentNo',
  },
  BadDebtAdjusted: {
    category: 'bad-debt',
    isHeader: false,
    fields: ['adjustmentNo', 'line', 'sku', 'amount', 'note', 'country'],
    numberField: 'adjustmentNo',
  },
} as const satisfies Readonly<Record<string, Shape>>;

const FIELD_TYPES = { seq: 'number', stream: 'string', type: 'string', at: 'string', data: 'object' } as const;
const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** True if an event opens its document. */
export const isHeader = (event: ImportedEvent): boolean => SHAPES[event.type].isHeader;

/** The number of a line in its document; undefined for a header. */
export const lineOf = (event: ImportedEvent): number | undefined => (isHeader(event) ? undefined : (event.data['line'] as number));

export const isProblem = (parsed: ImportedEvent | LineProblem): parsed is LineProblem => 'reason' in parsed;

/**
 * Checks the form of a line: an object with exactly the fields of its type, in a stream that fits the type. The rules
 * of the commands check the values of the data.
 */
export const parseEvent = (text: string, lineNumber: number): ImportedEvent | LineProblem => {
  let parsedLine: unknown;
  try {
    parsedLine = JSON.parse(text);
  } catch (error) {
    return { code: 'IMPORT_INVALID_JSON', reason: `is not valid JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (!isObject(parsedLine)) return { code: 'IMPORT_INVALID_JSON', reason: 'is not a JSON object' };
  const problem = formProblem(parsedLine);
  if (problem) return problem;
  const { seq, stream, type, at, data } = parsedLine as { seq: number; stream: string; type: string; at: string; data: Record<string, unknown> };
  if (!Object.hasOwn(SHAPES, type))
    return { code: 'IMPORT_UNKNOWN_TYPE', reason: `type: ${JSON.stringify(type.slice(0, 100))} is no event of the ledger` };
  const shape: Shape = SHAPES[type as LedgerEventType];
  const documentNo = stream.slice(shape.category.length + 1);
  const event = { lineNumber, text, seq, stream, documentNo, type: type as LedgerEventType, at, data };
  return fieldProblem(data, shape.fields, 'data.') ?? lineProblem(event) ?? streamProblem(event, shape) ?? event;
};

const formProblem = (parsedLine: Record<string, unknown>): LineProblem | undefined => {
  const problem = fieldProblem(parsedLine, EVENT_FIELDS, '');
  if (problem) return problem;
  for (const field of EVENT_FIELDS) {
    if (typeof parsedLine[field] !== FIELD_TYPES[field])
      return wrong(field, `must be ${FIELD_TYPES[field] === 'object' ? 'an' : 'a'} ${FIELD_TYPES[field]}`);
  }
  if (!isObject(parsedLine['data'])) return wrong('data', 'must be an object');
  if (!Number.isSafeInteger(parsedLine['seq']) || (parsedLine['seq'] as number) < 1) return wrong('seq', 'must be a whole number from 1');
  const at = parsedLine['at'] as string;
  if (!UTC_TIME.test(at) || !instantOf(at)) return wrong('at', 'must be a time in UTC such as 2010-12-01T08:26:00Z');
  return undefined;
};

const EVENT_FIELDS = Object.keys(FIELD_TYPES) as readonly (keyof typeof FIELD_TYPES)[];

const fieldProblem = (object: Record<string, unknown>, fields: readonly string[], path: string): LineProblem | undefined => {
  for (const field of fields) if (!Object.hasOwn(object, field)) return { code: 'IMPORT_MISSING_FIELD', reason: `${path}${field}: is missing` };
  const names = Object.keys(object);
  if (names.length === fields.length) return undefined;
  const unknown = names.find((name) => !fields.includes(name)) ?? '';
  return { code: 'IMPORT_UNKNOWN_FIELD', reason: `${path}${unknown.slice(0, 100)}: is not a field of this event` };
};

const lineProblem = (event: ImportedEvent): LineProblem | undefined => {
  const line = lineOf(event);
  return line === undefined || (Number.isSafeInteger(line) && line >= 1) ? undefined : wrong('data.line', 'must be a whole number from 1');
};

const streamProblem = ({ stream, type, documentNo, data }: ImportedEvent, shape: Shape): LineProblem | undefined => {
  const isOfCategory = stream.startsWith(`${shape.category}-`) && documentNo !== '';
  if (isOfCategory && (shape.numberField === undefined || data[shape.numberField] === documentNo)) return undefined;
  const problem = isOfCategory
    ? `is not the stream of number ${JSON.stringify(data[shape.numberField ?? ''])}`
    : `must start with ${shape.category}- for ${type}`;
  return { code: 'IMPORT_WRONG_STREAM', reason: `stream: ${problem}` };
};

const wrong = (field: string, problem: string): LineProblem => ({ code: 'IMPORT_WRONG_FIELD', reason: `${field}: ${problem}` });

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value);
