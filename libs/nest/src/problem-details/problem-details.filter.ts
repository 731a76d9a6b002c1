// Turns every error of a request into problem details (RFC 9457), never into a stack trace.
import { throwError, type Observable } from 'rxjs';
import { STATUS_CODES } from 'node:http';
import { isCommandRefused } from '@mainstem/aggregate';
import { isMainstemError, MainstemError, systemRuntime, type FieldViolation, type JsonValue, type Runtime } from '@mainstem/event-store';
import { Catch, HttpException, HttpStatus, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { correlationIdOf } from '../commands/command-context-of.js';
import { DEFAULT_PROBLEM_RULES, type ProblemRule, type ProblemRules } from './problem-rules.js';

/** RFC 9457, with `code` (stable, to branch on), the `errors` of single fields, and the correlation id, if any. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly instance: string;
  readonly errors?: readonly FieldViolation[];
  readonly correlationId?: string;
  readonly [member: string]: unknown;
}

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly FieldViolation[];
  readonly retryAfterS?: number;
  readonly members?: Readonly<Record<string, JsonValue>>;
}

interface Request {
  readonly method: string;
  readonly originalUrl?: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface Response {
  readonly headersSent: boolean;
  setHeader(name: string, value: string): unknown;
  status(code: number): { end(body: string): unknown };
  destroy?(): unknown;
}

/**
 * Catches everything. Coded errors follow the table of rules; other refusals of the domain become 409; errors of HTTP
 * keep their status. What a rule hides from the client goes to the log. Any other error is logged with its stack and
 * the correlation id, and answered with 500 without details.
 */
@Catch()
export class ProblemDetailsFilter implements ExceptionFilter {
  readonly #rules: ProblemRules;
  readonly #runtime: Runtime;
  readonly #logger = new Logger('Http');

  /** @param rules for the application's own codes; they replace the framework's. */
  constructor(rules: ProblemRules = {}, runtime: Runtime = systemRuntime) {
    this.#rules = { ...DEFAULT_PROBLEM_RULES, ...rules };
    this.#runtime = runtime;
  }

  catch(error: unknown, host: ArgumentsHost): Observable<never> | void {
    const kind = (host as Partial<ArgumentsHost>).getType?.() ?? 'http';
    if (kind !== 'http') return this.#passOn(error, kind, host);
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const correlationId = safeCorrelationId(request) ?? this.#runtime.uuid();
    const { retryAfterS, members, ...problem } = this.#problemOf(error, request, correlationId) ?? this.#unexpected(error, request, correlationId);
    // Half an answer is already sent: only cutting the connection can report the failure.
    if (response.headersSent) return void response.destroy?.();
    const body: ProblemDetails = { type: typeOf(problem.code), ...problem, instance: pathOf(request), correlationId, ...members };
    if (retryAfterS !== undefined) response.setHeader('Retry-After', String(retryAfterS));
    response.setHeader('Content-Type', 'application/problem+json; charset=utf-8');
    response.status(problem.status).end(JSON.stringify(body));
  }

  /** Problem details are for HTTP: on other transports the error goes on unchanged, for the transport to answer. */
  #passOn(error: unknown, kind: string, host: ArgumentsHost): Observable<never> {
    if (!isMainstemError(error))
      this.#logger.error(`A handler (${kind}) failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    const told = isMainstemError(error) ? this.#neutral(error, kind) : error;
    if (kind !== 'rpc' && kind !== 'ws') throw told;
    // Nest's WebSockets answer only by this event: the return value of a filter does not reach the client.
    if (kind === 'ws') {
      const answer = isMainstemError(told) ? { code: told.code, message: told.message } : { code: 'INTERNAL_ERROR', message: 'Internal error' };
      (host.switchToWs().getClient<{ emit?: (event: string, data: object) => void }>() ?? {}).emit?.('exception', { status: 'error', ...answer });
    }
    return throwError(() => told);
  }

  /** What a rule hides from HTTP clients, it hides on every transport. */
  #neutral(error: MainstemError, kind: string): MainstemError {
    const detail = detailOf(this.#ruleFor(error), error);
    if (detail === undefined) return error;
    this.#logger.warn(`A handler (${kind}) failed: ${error.code}: ${error.message}`);
    return new MainstemError(error.code, detail);
  }

  #ruleFor(error: MainstemError): ProblemRule | undefined {
    const rule = Object.hasOwn(this.#rules, error.code) ? this.#rules[error.code] : isCommandRefused(error) ? HttpStatus.CONFLICT : undefined;
    return typeof rule === 'number' ? { status: rule } : rule;
  }

  #problemOf(error: unknown, request: Request, correlationId: string): Problem | undefined {
    if (isMainstemError(error)) return this.#codedProblem(error, request, correlationId);
    if (error instanceof HttpException) return httpProblem(error.getStatus(), messageOf(error));
    return bodyParserProblem(error);
  }

  #codedProblem(error: MainstemError, request: Request, correlationId: string): Problem | undefined {
    const rule = this.#ruleFor(error);
    if (rule === undefined) return undefined;
    const { status, retryAfterS, members } = rule;
    const detail = detailOf(rule, error);
    if (detail !== undefined)
      this.#logger.warn(`${request.method} ${pathOf(request)} failed (correlation id ${correlationId}): ${error.code}: ${error.message}`);
    const errors = violationsIn(error);
    return {
      status,
      code: error.code,
      title: titleOf(error.name),
      detail: detail ?? error.message,
      ...(errors && { errors }),
      ...(retryAfterS !== undefined && { retryAfterS }),
      ...(members && { members: members(error) }),
    };
  }

  #unexpected(error: unknown, request: Request, correlationId: string): Problem {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#logger.error(`${request.method} ${pathOf(request)} failed (correlation id ${correlationId}): ${text}`);
    return {
      status: HttpStatus.INTERNAL_SERVER_ERROR,
      code: 'INTERNAL_ERROR',
      title: 'Internal error',
      detail: 'Something unexpected happened. The log has the details under the correlation id.',
    };
  }
}

const detailOf = (rule: ProblemRule | undefined, error: MainstemError): string | undefined =>
  typeof rule?.detail === 'function' ? rule.detail(error) : rule?.detail;

const httpProblem = (status: number, detail: string): Problem => {
  const title = STATUS_CODES[status] ?? 'HTTP error';
  return { status, code: `HTTP_${title.toUpperCase().replaceAll(/[^A-Z]+/g, '_')}`, title, detail };
};

/** Errors of the body parser and of Express itself are made for clients: they have `expose` and a 4xx status. */
const bodyParserProblem = (error: unknown): Problem | undefined => {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number' || error.status < 400 || error.status > 499)
    return undefined;
  return httpProblem(error.status, error.message);
};

const messageOf = (error: HttpException): string => {
  const response = error.getResponse();
  if (typeof response === 'string') return response;
  const { message } = response as { message?: unknown };
  return Array.isArray(message) ? message.join('; ') : typeof message === 'string' ? message : error.message;
};

const violationsIn = (error: MainstemError): readonly FieldViolation[] | undefined => {
  if ('violations' in error && Array.isArray(error.violations)) {
    return (error.violations as (string | FieldViolation)[]).map((violation) =>
      typeof violation === 'string' ? splitViolation(violation) : violation,
    );
  }
  return 'field' in error && typeof error.field === 'string' ? [{ field: error.field, message: error.message }] : undefined;
};

/** Broken payload rules have the form `path: message`. */
const splitViolation = (violation: string): FieldViolation => {
  const [field = '', ...message] = violation.split(': ');
  return { field, message: message.join(': ') };
};

const typeOf = (code: string): string => `urn:mainstem:problem:${code.toLowerCase().replaceAll('_', '-')}`;

const titleOf = (name: string): string => {
  const words = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const pathOf = (request: Request): string => (request.originalUrl ?? request.url).split('?', 1)[0] ?? '/';

const safeCorrelationId = ({ headers }: Request): string | undefined => {
  try {
    return correlationIdOf(headers);
  } catch {
    // A bad correlation header may be the error itself; the answer gets a new id.
    return undefined;
  }
};
