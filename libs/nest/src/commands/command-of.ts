// The command of a request: its class, its fields and its context in one parameter.
import type { CommandClass } from '@mainstem/aggregate';
import type { Runtime } from '@mainstem/event-store';
import { createParamDecorator, Inject, Injectable, UseInterceptors, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import { RUNTIME } from '../event-store/tokens.js';
import { readsNoQuery } from '../parameters/route-parameters.js';
import { CommandAnswerInterceptor } from './command-answer.js';
import { CommandContextPipe, headersOf } from './command-context-of.js';
import { commandFrom } from './command-from.js';
import { withContext } from './context-of-command.js';

interface Given {
  readonly commandClass: CommandClass;
  readonly context: ExecutionContext;
}

interface Request {
  readonly body?: unknown;
  readonly params?: Readonly<Record<string, string>>;
}

@Injectable()
class CommandPipe implements PipeTransform<Given, object> {
  readonly #contexts: CommandContextPipe;

  constructor(@Inject(RUNTIME) runtime: Runtime) {
    this.#contexts = new CommandContextPipe(runtime);
  }

  transform({ commandClass, context }: Given): object {
    const { body, params } = requestOf(context);
    return withContext(commandFrom(commandClass, body, params), this.#contexts.transform(headersOf(context)));
  }
}

/** A message of another transport is the body itself, and has no path. */
const requestOf = (context: ExecutionContext): Request => {
  const kind = context.getType();
  if (kind === 'http') return context.switchToHttp().getRequest<Request>();
  return { body: kind === 'ws' ? context.switchToWs().getData() : context.switchToRpc().getData() };
};

const RequestOf = createParamDecorator(readsNoQuery((commandClass: CommandClass, context: ExecutionContext): Given => ({ commandClass, context })));

/**
 * Parameter decorator: the command of a request, made by `commandFrom` of its body and all parameters of its path, with
 * the context of `CommandContextOf`. The route answers as with `CommandAnswerInterceptor`. A RPC or WebSockets message
 * is the body; GraphQL is not served. Errors: COMMAND_INVALID.
 */
export const CommandOf =
  (commandClass: CommandClass): ParameterDecorator =>
  (target, key, index) => {
    RequestOf(commandClass, CommandPipe)(target, key, index);
    const descriptor = key === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key);
    if (key !== undefined && descriptor) UseInterceptors(CommandAnswerInterceptor)(target, key, descriptor);
  };
