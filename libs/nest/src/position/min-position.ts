// Reads the position that the client wants to see reflected.
import { isMainstemError, laterPosition, position, type Position } from '@mainstem/event-store';
import { InvalidRequest } from '../http/request-validation.js';

/** Header with the position that an answer must reflect at least, as a decimal string. */
export const MIN_POSITION_HEADER = 'Mainstem-Min-Position';
/** The query parameter with the same meaning. */
export const MIN_POSITION_PARAMETER = 'minPosition';

interface Request {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly query?: Readonly<Record<string, unknown>>;
}

/** The requested position; the later of header and parameter; undefined for none. Errors: REQUEST_INVALID. */
export const minPositionOf = (request: Request): Position | undefined => {
  const header = parsed(request.headers[MIN_POSITION_HEADER.toLowerCase()], MIN_POSITION_HEADER);
  const parameter = parsed(request.query?.[MIN_POSITION_PARAMETER], MIN_POSITION_PARAMETER);
  return laterPosition(header, parameter);
};

const parsed = (value: unknown, field: string): Position | undefined => {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new InvalidRequest([{ field, message: 'must be given once' }]);
  try {
    return position(value);
  } catch (error) {
    if (!isMainstemError(error, 'EVENT_STORE_INVALID_INPUT')) throw error;
    throw new InvalidRequest([{ field, message: error.message }]);
  }
};
