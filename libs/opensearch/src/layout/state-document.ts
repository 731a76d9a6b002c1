// The state of a generation in one document: checkpoint, epoch, and the batch that is being written. One for each part.
import { randomUUID } from 'node:crypto';
import { position as toPosition, type Incarnation, type Position } from '@mainstem/event-store';
import {
  CheckpointMoved,
  EMPTY_DIGEST,
  lastEventIn,
  ofPartitions,
  UnknownGeneration,
  type Checkpoint,
  type Generation,
} from '@mainstem/projection/adapter';
import type { OpenSearchConnection } from '../server/opensearch-connection.js';
import type { GenerationMeta } from './index-definition.js';
import { stateId } from './names.js';

/** A committed batch: a process that finds it writes it to the end. */
export interface Intent {
  readonly to: string | null;
  readonly digest: string;
  /** In the form of `eventMarkText`; absent if an older program stored it. */
  readonly lastEvent?: string | null;
  /** Number of the commit: the version of everything that it writes. */
  readonly commit: number;
  /** Epoch of the session that stored it. */
  readonly epoch: number;
  readonly requests: StoredRequests;
}

/** Requests for `_bulk`: as text if small, packed if larger, and as a number of documents if still too large. */
export type StoredRequests = readonly string[] | { readonly packed: string } | number;

export interface StateBody {
  readonly kind: 'state';
  /** The part of the generation; absent in the first or only one, which also describes the generation as a whole. */
  readonly partition?: number;
  readonly epoch: number;
  /** Decimal; null before the first batch. */
  readonly position: string | null;
  readonly digest: string;
  /** Like in an intent. */
  readonly lastEvent?: string | null;
  /** The number of commits: versions of documents. Every commit raises it, even without a new position. */
  readonly commit: number;
  /** No session of this part ended the bulk load. The first part that ends it ends it for the generation. */
  readonly isBulk: boolean;
  /** For the whole: it served and was replaced. */
  readonly hasServed: boolean;
  readonly hasParked: boolean;
  /** For the whole: it is about to be deleted. */
  readonly isDropped: boolean;
  readonly updatedAt: string;
  readonly intent: Intent | null;
  /** Identity of this change: shows whether a write without an answer took effect. */
  readonly token: string;
}

/** The document as found, and what a change must name so that it fails after another change. */
export interface State {
  readonly body: StateBody;
  readonly sequence: number;
  readonly term: number;
}

/** The states of all parts of a generation, in order. */
export type PartStates = readonly [StateBody, ...StateBody[]];

/** Its place: the generation's own alias, and the part. */
export interface StatePlace {
  readonly alias: string;
  readonly projection: string;
  readonly number: number;
  readonly partition: number;
}

interface GetAnswer {
  readonly found?: boolean;
  readonly _source: StateBody;
  readonly _seq_no: number;
  readonly _primary_term: number;
}

interface WriteAnswer {
  readonly _seq_no: number;
  readonly _primary_term: number;
}

/** The current document, visible to queries or not. Errors: READ_STORE_UNKNOWN_GENERATION, READ_STORE_UNAVAILABLE. */
export const readState = async (connection: OpenSearchConnection, { alias, projection, number, partition }: StatePlace): Promise<State> => {
  const { body } = await connection.request<GetAnswer>({ method: 'GET', path: docPath(alias, partition), expected: [404] });
  if (body.found !== true || body._source.isDropped) throw new UnknownGeneration(projection, number);
  return { body: body._source, sequence: body._seq_no, term: body._primary_term };
};

/** Does nothing and returns false if there is one. Errors: READ_STORE_UNAVAILABLE. */
export const createState = async (connection: OpenSearchConnection, { alias, partition }: StatePlace, body: StateBody): Promise<boolean> => {
  const query = { op_type: 'create', require_alias: 'true' };
  const stored = JSON.stringify({ ...body, ...(partition > 0 && { partition }) } satisfies StateBody);
  const { status } = await connection.request({ method: 'PUT', path: docPath(alias, partition), query, body: stored, expected: [409] });
  return status !== 409;
};

/** Before the first batch. */
export const emptyState = (updatedAt: string, isBulk: boolean): StateBody => ({
  kind: 'state',
  epoch: 0,
  position: null,
  digest: EMPTY_DIGEST,
  commit: 0,
  isBulk,
  hasServed: false,
  hasParked: false,
  isDropped: false,
  updatedAt,
  intent: null,
  token: randomUUID(),
});

/**
 * Changes the document, unless it was changed since. Errors: READ_STORE_CHECKPOINT_MOVED if it was;
 * READ_STORE_UNKNOWN_GENERATION if the index is gone; READ_STORE_UNAVAILABLE and READ_STORE_READ_ONLY, after which the
 * change may or may not have taken effect.
 */
export const changeState = async (connection: OpenSearchConnection, place: StatePlace, from: State, changes: Partial<StateBody>): Promise<State> => {
  const body: StateBody = { ...from.body, ...changes, token: randomUUID() };
  const answer = await connection.request<WriteAnswer>({
    method: 'PUT',
    path: docPath(place.alias, place.partition),
    query: { require_alias: 'true', if_seq_no: String(from.sequence), if_primary_term: String(from.term) },
    body: JSON.stringify(body),
    expected: [404, 409],
  });
  if (answer.status === 404) throw new UnknownGeneration(place.projection, place.number);
  if (answer.status !== 409) return { body, sequence: answer.body._seq_no, term: answer.body._primary_term };
  // Perhaps it was our own write, repeated after an answer that the server was busy.
  const now = await readState(connection, place);
  if (now.body.token !== body.token) throw new CheckpointMoved(place.projection, place.number);
  return now;
};

export const positionIn = (text: string | null): Position | undefined => (text === null ? undefined : toPosition(text));

export const textOf = (position: Position | undefined): string | null => position?.toString() ?? null;

/** All that was committed, including the batch that is being written. */
export const reachedIn = ({ position, digest, lastEvent = null, intent }: Reaching): Omit<Required<Reaching>, 'intent'> =>
  intent ? { position: intent.to, digest: intent.digest, lastEvent: intent.lastEvent ?? null } : { position, digest, lastEvent };

type Reaching = Pick<StateBody, 'position' | 'digest' | 'lastEvent' | 'intent'>;

/**
 * The visible checkpoint of one part. While queries read the generation, a batch that is still being written does not
 * count, because it is incomplete. No query reads a generation in a bulk load, and the next session goes on after that
 * batch. `isBulk`: of the generation.
 */
export const checkpointOf = ({ incarnation }: GenerationMeta, state: StateBody, isBulk: boolean): Checkpoint => {
  const { position, digest, lastEvent } = isBulk ? reachedIn(state) : state;
  return { incarnation: incarnation as Incarnation, position: positionIn(position), epoch: state.epoch, digest, ...lastEventIn(lastEvent) };
};

/** In the port's form. */
export const generationOf = (meta: GenerationMeta, states: PartStates, isServing: boolean): Generation => {
  const [first] = states;
  const isBulk = states.every((state) => state.isBulk);
  return {
    projection: meta.projection,
    number: meta.number,
    state: isServing ? 'serving' : meta.isSide ? 'side' : first.hasServed ? 'retired' : 'filling',
    version: meta.version,
    fingerprint: meta.fingerprint,
    ...ofPartitions(states.map((state) => checkpointOf(meta, state, isBulk))),
    isBulk,
    createdAt: meta.createdAt,
    updatedAt: states.reduce((latest, { updatedAt }) => (updatedAt > latest ? updatedAt : latest), first.updatedAt),
  };
};

const docPath = (alias: string, partition: number): string => `/${alias}/_doc/${encodeURIComponent(stateId(partition))}`;
