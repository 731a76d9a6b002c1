// Reads the position that the client wants to see reflected.
import { isMainstemError, laterPosition, position, type Position } from '@mainstem/event-store';
import { InvalidRequest } from '../http/request-validation.js';

/** Header with the position that an answer must reflect at least: a decimal string, or `latest`. */
export const MIN_POSITION_HEADER = 'Mainstem-Min-Position';
/** The query parameter with the same meaning. */
export const MIN_POSITION_PARAMETER = 'minPosition';

interface Request {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly query?: Readonly<Record<string, unknown>>;
}

const LATEST = 'latest';

/** What a client wants to see reflected. */
export interface MinPosition {
  /** Undefined for none. */
  readonly position: Position | undefined;
  /** True: the end of the event store as well, as it is when the request comes. */
  readonly isLatest: boolean;
}

/** The later of header and parameter counts. Errors: REQUEST_INVALID. */
export const minPositionOf = (request: Request): MinPosition => {
  const header = parsed(request.headers[MIN_POSITION_HEADER.toLowerCase()], MIN_POSITION_HEADER);
  const parameter = parsed(request.query?.[MIN_POSITION_PARAMETER], MIN_POSITION_PARAMETER);
  const given = [header, parameter].map((one) => (one === LATEST ? undefined : one));
  return { position: laterPosition(given[0], given[1]), isLatest: header === LATEST || parameter === LATEST };
};

const parsed = (value: unknown, field: string): Position | typeof LATEST | undefined => {
  if (value === undefined || value === LATEST) return value;
  if (typeof value !== 'string') throw new InvalidRequest([{ field, message: 'must be given once' }]);
  try {
    return position(value);
  } catch (error) {
    if (!isMainstemError(error, 'EVENT_STORE_INVALID_INPUT')) throw error;
    throw new InvalidRequest([{ field, message: `${error.message}, or \`latest\`` }]);
  }
};
