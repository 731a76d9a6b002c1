// Builds the context of a command from the headers of a request.
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { InvalidCommand, type CommandContext } from '@mainstem/aggregate';
import { CONTEXT_ID_RULE, isContextId } from '@mainstem/aggregate/host';
import type { Runtime } from '@mainstem/event-store';
import { createParamDecorator, Inject, Injectable, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import { RUNTIME } from '../event-store/tokens.js';
import { readsNoQuery } from '../parameters/route-parameters.js';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Header with a client's id for its command: the same command with the same id gets its first answer again. */
export const IDEMPOTENCY_KEY = 'Idempotency-Key';
/** Header that connects the requests of one conversation; `X-Correlation-Id` is read, too. */
export const CORRELATION_ID = 'Correlation-Id';

/** The value of a context header, or undefined. Errors: COMMAND_INVALID naming the header. */
export const contextHeader = (headers: Headers, name: string): string | undefined => {
  const value = headers[name.toLowerCase()];
  if (value === undefined) return undefined;
  // The draft standard of Idempotency-Key quotes the string; most clients do not.
  const id = typeof value === 'string' ? textOf(value).replace(/^"(.*)"$/u, '$1') : '';
  if (!isContextId(id)) throw new InvalidCommand('The request', [{ field: name, message: CONTEXT_ID_RULE }]);
  return id;
};

/** Node returns each byte of a header as one character; this joins them as UTF-8. Empty if they are not UTF-8. */
const textOf = (value: string): string => {
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : '';
};

/** The correlation id of a request, or undefined. Errors: COMMAND_INVALID. */
export const correlationIdOf = (headers: Headers): string | undefined =>
  contextHeader(headers, CORRELATION_ID) ?? contextHeader(headers, `X-${CORRELATION_ID}`);

@Injectable()
export class CommandContextPipe implements PipeTransform<Headers, CommandContext> {
  constructor(@Inject(RUNTIME) private readonly runtime: Runtime) {}

  transform(headers: Headers): CommandContext {
    const correlationId = correlationIdOf(headers);
    const commandId = contextHeader(headers, IDEMPOTENCY_KEY);
    const request = requests.get(headers);
    return {
      commandId: commandId ?? this.runtime.uuid(),
      ...(correlationId !== undefined && { correlationId }),
      ...(commandId !== undefined && request && { fingerprint: fingerprintOf(request) }),
    };
  }
}

interface Request {
  readonly headers: Headers;
  readonly method?: string;
  readonly originalUrl?: string;
  readonly body?: unknown;
}

// A pipe gets one value, from which the request with the headers is found.
const requests = new WeakMap<Headers, Request>();

/** The headers of a request, which lead the pipe to the request. */
export const headersOf = (context: ExecutionContext): Headers => {
  // A message of another transport, or one field of a GraphQL request: its headers cannot name a single command.
  if (context.getType() !== 'http') return {};
  const request = context.switchToHttp().getRequest<Request>();
  requests.set(request.headers, request);
  return request.headers;
};

const HeadersOf = createParamDecorator(readsNoQuery((_: unknown, context: ExecutionContext): Headers => headersOf(context)));

/** Identifies what a request asks for: method, path and body, in any order of the body's fields. */
const fingerprintOf = ({ method, originalUrl, body }: Request): string => {
  const [path] = (originalUrl ?? '').split('?', 1);
  const text = JSON.stringify([method, path, inOneForm(body)]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
};

/**
 * Gives each JSON value a distinct form: an object becomes the list of its fields by name, and only a list that looks
 * like such fields is wrapped. Fingerprints are stored with the events: another form would refuse requests that were
 * sent before.
 */
const inOneForm = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.every(isField) ? { list: value.map(inOneForm) } : value.map(inOneForm);
  if (value === null || typeof value !== 'object') return value;
  return Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, field]) => [name, inOneForm(field)]);
};

const isField = (item: unknown): boolean => Array.isArray(item) && item.length === 2 && typeof item[0] === 'string';

/**
 * Parameter decorator: the `CommandContext` of a request. The id of the command is the `Idempotency-Key` header (1 to
 * 200 printable characters), or a new one. The same key on the same stream with another method, path or body is refused
 * with COMMAND_ID_REUSED (422). A key counts for one stream, as long as its events exist; a refusal (4xx) does not use
 * it up.
 * The correlation id comes from `Correlation-Id` or `X-Correlation-Id`. Outside HTTP (RPC, WebSockets, GraphQL) each
 * command gets a new id. If the message brings an id, make the context from it: `withContext(command, { commandId })`.
 * Errors: COMMAND_INVALID.
 */
export const CommandContextOf = (): ParameterDecorator => HeadersOf(CommandContextPipe);
