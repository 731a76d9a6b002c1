// The statements that read pages: one statement decides how far the log goes and which events there are.
import type { Revision, StreamName } from '@mainstem/event-store';
import { nameIn } from '../server/schema.js';
import type { Statement } from '../server/sessions.js';
import type { Wanted, WantedIndex } from './wanted.js';

/** A page ends early when it holds this many bytes of JSON: this bounds memory for events of any size. */
export const PAGE_BYTES_MAX = 16 * 1_048_576;

const PLACE_COLUMNS = ['position', 'id', 'stream', 'revision', 'type', 'recorded_at_ms'];
const COLUMNS = [...PLACE_COLUMNS, 'data', 'metadata'];

/** Of the row that tells where the log ends. */
const END_COLUMNS = 3;

export interface StreamScan {
  readonly stream: StreamName;
  readonly isBackwards: boolean;
  /** Inclusive; undefined is the beginning in the direction of reading. */
  readonly from: Revision | undefined;
  readonly limit: number;
}

export interface AllScan {
  readonly isBackwards: boolean;
  /** Exclusive; the end of the last page. */
  readonly after: bigint;
  /** Inclusive: no position beyond is looked at. */
  readonly until: bigint;
  readonly limit: number;
  readonly needsPayload: boolean;
}

export const streamStatement = (schema: string, { stream, isBackwards, from, limit }: StreamScan): Statement => {
  const [comparison, order] = isBackwards ? ['<=', 'DESC'] : ['>=', 'ASC'];
  const chosen = `SELECT ${listed(COLUMNS)} FROM ${nameIn(schema, 'events')} AS e
WHERE e.stream = $1::text AND e.revision ${comparison} $2::bigint ORDER BY e.revision ${order} LIMIT $3::integer`;
  return {
    text: `SELECT ${listed(COLUMNS)} FROM (${bounded(chosen, `e.revision ${order}`)}) AS e ORDER BY e.revision ${order}`,
    values: [stream, String(from ?? (isBackwards ? INT64_MAX : 0n)), limit],
    columns: COLUMNS.length,
  };
};

/** The first parameter of a filter in the statements below. */
export const FILTER_PARAMETER = 4;

/**
 * First a row that tells where the log ends, and then the rows of the page. The first one has the last position and its
 * id, in place of a stream the id of the event at `after`, and else NULL. An empty log has no such row.
 */
export const allStatement = (schema: string, scan: AllScan, { condition, parameters, index }: Wanted): Statement => {
  const events = nameIn(schema, 'events');
  const [beyond, within, order] = scan.isBackwards ? ['<', '>=', 'DESC'] : ['>', '<=', 'ASC'];
  const columns = scan.needsPayload ? COLUMNS : PLACE_COLUMNS;
  const chosen = index
    ? byIndex({ events, columns, index, key: `$${FILTER_PARAMETER + parameters.length}`, condition, beyond, within, order })
    : `SELECT ${listed(columns)} FROM ${events} AS e
    WHERE e.position ${beyond} $1::bigint AND e.position ${within} $2::bigint${condition} ORDER BY e.position ${order} LIMIT $3::integer`;
  const page = scan.needsPayload ? bounded(chosen, `e.position ${order}`) : chosen;
  return {
    text: `(
  SELECT e.position, e.id, (SELECT m.id::text FROM ${events} AS m WHERE m.position = $1::bigint)${', NULL'.repeat(columns.length - END_COLUMNS)}
  FROM ${events} AS e ORDER BY e.position DESC LIMIT 1
) UNION ALL (SELECT ${listed(columns)} FROM (${page}) AS e ORDER BY e.position ${order})`,
    values: [String(scan.after), String(scan.until), scan.limit, ...parameters, ...(index ? [[...index.keys]] : [])],
    columns: columns.length,
  };
};

interface IndexedPage {
  readonly events: string;
  readonly columns: readonly string[];
  readonly index: WantedIndex;
  /** Placeholder of the keys. */
  readonly key: string;
  readonly condition: string;
  readonly beyond: string;
  readonly within: string;
  readonly order: string;
}

/**
 * The first events under each key, and of these the first ones. Pairs of key and position leave the server no other way
 * than the index. With two conditions it would look at all events in their order, because it plans for any key.
 */
const byIndex = ({ events, columns, index: { expression }, key, condition, beyond, within, order }: IndexedPage): string => {
  const pair = `(${expression}, e.position)`;
  const bound = (parameter: string): string => `(k.key COLLATE "C", ${parameter}::bigint)`;
  return `SELECT ${listed(columns)} FROM pg_catalog.unnest(${key}::text[]) AS k(key) CROSS JOIN LATERAL (
    SELECT ${listed(columns)} FROM ${events} AS e
    WHERE ${pair} ${beyond} ${bound('$1')} AND ${pair} ${within} ${bound('$2')}${condition}
    ORDER BY ${expression} ${order}, e.position ${order} LIMIT $3::integer
  ) AS e ORDER BY e.position ${order} LIMIT $3::integer`;
};

export const headStatement = (schema: string): Statement => ({
  text: `SELECT e.position FROM ${nameIn(schema, 'events')} AS e ORDER BY e.position DESC LIMIT 1`,
  values: [],
  columns: 1,
});

export const idStatement = (schema: string, position: bigint): Statement => ({
  text: `SELECT e.id FROM ${nameIn(schema, 'events')} AS e WHERE e.position = $1::bigint`,
  values: [String(position)],
  columns: 1,
});

const listed = (columns: readonly string[]): string => columns.map((column) => `e.${column}`).join(', ');

/** As many of the chosen events as fit into a page, and the first one in any case. */
const bounded = (chosen: string, order: string): string => `SELECT * FROM (
    SELECT e.*, sum(octet_length(e.data) + octet_length(e.metadata)) OVER (ORDER BY ${order} ROWS UNBOUNDED PRECEDING)
      - octet_length(e.data) - octet_length(e.metadata) AS bytes_before
    FROM (${chosen}) AS e
  ) AS e WHERE e.bytes_before < ${PAGE_BYTES_MAX}`;

const INT64_MAX = 2n ** 63n - 1n;
