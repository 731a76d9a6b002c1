// One decorator for a route of the query API: its path, its projections, and its OpenAPI description.
import { MIN_POSITION_HEADER, POSITION_HEADER, ReadsFrom, type ReadSource } from '@mainstem/nest';
import { applyDecorators, Get } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiExtraModels,
  ApiHeader,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiServiceUnavailableResponse,
  getSchemaPath,
  type ApiResponseOptions,
} from '@nestjs/swagger';
import { QueryProblem } from './problem.answer.js';

export interface RouteOptions {
  readonly summary: string;
  readonly answer: ApiResponseOptions;
  /** True: the route answers 404 for an unknown key. */
  readonly hasKey?: boolean;
}

const MIN_POSITION = { type: 'string', pattern: '^([0-9]+|latest)$' } as const;
const DECIMAL = { type: 'string', pattern: '^[0-9]+$' } as const;
const REFLECTED = {
  [POSITION_HEADER]: { schema: DECIMAL, description: 'The position of the event store that the answer reflects; 0 if it reflects nothing.' },
};
const PROBLEM = { content: { 'application/problem+json': { schema: { $ref: getSchemaPath(QueryProblem) } } } };

/** `@Get(path)` that answers from projections of one read store; the handler returns an `Answer`. */
export const GetFrom = ({ store, projections }: ReadSource, path: string, { summary, answer, hasKey = false }: RouteOptions): MethodDecorator =>
  applyDecorators(
    Get(path),
    ReadsFrom(store, ...projections),
    ApiOperation({ summary }),
    ApiExtraModels(QueryProblem),
    ApiHeader({ name: MIN_POSITION_HEADER, required: false, schema: MIN_POSITION, description: 'Waits until the answer reflects this position.' }),
    ApiOkResponse({ ...answer, headers: REFLECTED }),
    ApiBadRequestResponse({ ...PROBLEM, description: 'A parameter cannot be used; the problem names it.' }),
    ...(hasKey ? [ApiNotFoundResponse({ ...PROBLEM, headers: REFLECTED, description: 'The key does not exist at that position.' })] : []),
    ApiServiceUnavailableResponse({
      ...PROBLEM,
      description: 'The requested position was not reached in time (with the lag), or the read store cannot be reached.',
      headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds.' } },
    }),
  );
