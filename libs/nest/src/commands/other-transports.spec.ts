// Commands and queries over RPC, WebSockets or GraphQL work without headers and status.
import 'reflect-metadata';
import type { CommandContext, CommandResult } from '@mainstem/aggregate';
import { position, revision, streamName, systemRuntime } from '@mainstem/event-store';
import type { CallHandler } from '@nestjs/common';
import { ModuleRef, Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { firstValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { PositionInterceptor } from '../position/position.interceptor.js';
import { ReadsFrom } from '../position/reads-from.js';
import { CommandAnswerInterceptor } from './command-answer.js';
import { CommandContextOf, CommandContextPipe } from './command-context-of.js';

class Resolver {
  @ReadsFrom('READ_STORE', 'counts')
  counts(@CommandContextOf() context: unknown): unknown {
    return context;
  }
}

const ARGUMENTS: readonly (readonly [string, readonly unknown[]])[] = [
  ['rpc', [{ minPosition: '5' }, { pattern: 'counts' }]],
  ['ws', [{ emit: () => undefined }, { minPosition: '5' }]],
  // The first argument of a root field is undefined.
  ['graphql', [undefined, { minPosition: '5' }, { req: { headers: { 'idempotency-key': 'k-1' } } }, {}]],
];

const handlerOf = (value: unknown): CallHandler => ({ handle: () => of(value) });
const hostOf = (kind: string, given: readonly unknown[]): ExecutionContextHost => {
  const host = new ExecutionContextHost([...given], Resolver, Object.getOwnPropertyDescriptor(Resolver.prototype, 'counts')?.value as never);
  host.setType(kind);
  return host;
};

describe.each(ARGUMENTS)('by %s', (kind, given) => {
  it('a query is answered with its value alone', async () => {
    const interceptor = new PositionInterceptor(new Reflector(), {} as ModuleRef, systemRuntime, {});
    const answer = { value: { count: 1 }, position: position('7') };
    expect(await firstValueFrom(interceptor.intercept(hostOf(kind, given), handlerOf(answer)))).toEqual({ count: 1 });
  });

  it('a command is answered in JSON form', async () => {
    const result: CommandResult = {
      ...{ stream: streamName('counter-1'), events: [{ type: 'Counted', data: {} }], isRepeat: false },
      ...{ nextRevision: revision(2n), position: position('7') },
    };
    const answer = await firstValueFrom(new CommandAnswerInterceptor().intercept(hostOf(kind, given), handlerOf(result)));
    expect(answer).toEqual({ stream: 'counter-1', revision: '2', position: '7', events: [{ type: 'Counted', data: {} }] });
  });

  it('each command gets a context of its own', () => {
    const [taken] = Object.values(Reflect.getMetadata('__routeArguments__', Resolver, 'counts') as Record<string, { factory: Factory }>);
    const contextOf = (): CommandContext =>
      new CommandContextPipe(systemRuntime).transform(taken?.factory(undefined, hostOf(kind, given)) as Record<string, string>);
    const [first, second] = [contextOf(), contextOf()];
    expect(Object.keys(first)).toEqual(['commandId']);
    expect(first.commandId).not.toBe('k-1');
    expect(second.commandId).not.toBe(first.commandId);
  });
});

type Factory = (data: unknown, context: ExecutionContextHost) => unknown;
