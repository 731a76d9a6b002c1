// Fills the context of a command from the headers of a request.
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { CONTEXT_ID_RULE, InvalidCommand, isContextId, type CommandContext } from '@mainstem/aggregate';
import type { Runtime } from '@mainstem/event-store';
import { createParamDecorator, Inject, Injectable, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import { RUNTIME } from '../event-store/tokens.js';
import { readsNoQuery } from '../parameters/route-parameters.js';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Header in which a client names its command: sent again with the same value, the command gives its first answer. */
export const IDEMPOTENCY_KEY = 'Idempotency-Key';
/** Header that ties requests of one conversation together; `X-Correlation-Id` is read too. */
export const CORRELATION_ID = 'Correlation-Id';

/** The value of a context header, or undefined. Errors: COMMAND_INVALID naming the header. */
export const contextHeader = (headers: Headers, name: string): string | undefined => {
  const value = headers[name.toLowerCase()];
  if (value === undefined) return undefined;
  // The draft standard of Idempotency-Key writes it as a quoted string, most clients write it bare.
  const id = typeof value === 'string' ? textOf(value).replace(/^"(.*)"$/u, '$1') : '';
  if (!isContextId(id)) throw new InvalidCommand('The request', [{ field: name, message: CONTEXT_ID_RULE }]);
  return id;
};

/** Node gives each byte of a header as one character; those of a client that writes UTF-8 belong together. Empty where they are no UTF-8. */
const textOf = (value: string): string => {
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : '';
};

/** The correlation id that a request brings, or undefined. Errors: COMMAND_INVALID. */
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

// A pipe gets one value; the request that headers belong to is found by them.
const requests = new WeakMap<Headers, Request>();

const HeadersOf = createParamDecorator(
  readsNoQuery((_: unknown, context: ExecutionContext): Headers => {
    // A message of another transport, or one of several fields of a GraphQL request: its headers, if any, name no single command.
    if (context.getType() !== 'http') return {};
    const request = context.switchToHttp().getRequest<Request>();
    requests.set(request.headers, request);
    return request.headers;
  }),
);

/** Stands for what a request asks for: method, path and body, in whatever order the body names its fields. */
const fingerprintOf = ({ method, originalUrl, body }: Request): string => {
  const [path] = (originalUrl ?? '').split('?', 1);
  const text = JSON.stringify([method, path, inOneForm(body)]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
};

/**
 * Each JSON value in a form of its own: an object as the list of its fields by name. A list that could be such fields is wrapped, and no other
 * one is: fingerprints are stored with the events, so that a changed form would refuse what was sent before.
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
 * Parameter decorator: the `CommandContext` of a request. The command's id is the `Idempotency-Key` header (1 to 200 printable
 * characters) or a new one; sent again on the same stream with another method, path or body, a key is refused with COMMAND_ID_REUSED (422).
 * A key counts for one stream and for as long as its events are there; a refusal (4xx) does not use it up.
 * The correlation id comes from `Correlation-Id` or `X-Correlation-Id`. Outside HTTP (RPC, WebSockets, GraphQL) each command gets a new id: where
 * the message brings one, make the context of it instead, `withContext(command, { commandId })`. Errors: COMMAND_INVALID.
 */
export const CommandContextOf = (): ParameterDecorator => HeadersOf(CommandContextPipe);
