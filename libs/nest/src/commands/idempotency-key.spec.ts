// `Idempotency-Key` over HTTP: what a key stands for, and its scope.
import 'reflect-metadata';
import { CommandExecutor, CommandRefused, defineAggregate, type CommandContext, type CommandResult } from '@mainstem/aggregate';
import { defineEvents, InMemoryEventStore } from '@mainstem/event-store';
import { Body, Controller, Inject, Module, Param, Post, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Allow, IsInt, IsOptional, IsString } from 'class-validator';
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventStoreModule } from '../event-store/event-store.module.js';
import { configureHttp } from '../http/configure-http.js';
import { CommandAnswerInterceptor } from './command-answer.js';
import { CommandContextOf } from './command-context-of.js';
import { commandFrom } from './command-from.js';
import { CommandModule } from './command.module.js';

class PaidData {
  @IsInt() cents!: number;
}
class Pay {
  @IsString() account!: string;
  @IsInt() cents!: number;
  @IsOptional() @IsString() note?: string;
  @Allow() more?: unknown;
}
class TooMuch extends CommandRefused {
  constructor() {
    super('TOO_MUCH', 'That is too much.');
  }
}
const account = defineAggregate({
  ...{ category: 'account', events: defineEvents('account', { Paid: PaidData }), initialState: 0 },
  evolve: (state: number, event: { readonly data: PaidData }) => state + event.data.cents,
  decide: ({ cents }: Pay, state: number) => {
    if (state + cents > 100) throw new TooMuch();
    return [{ type: 'Paid' as const, data: { cents } }];
  },
});

let fingerprint: string | undefined;

@Controller('accounts')
@UseInterceptors(CommandAnswerInterceptor)
class AccountsController {
  constructor(@Inject(CommandExecutor) private readonly executor: CommandExecutor) {}

  @Post(':account/payments')
  pay(@Param('account') id: string, @Body() body: unknown, @CommandContextOf() context: CommandContext): Promise<CommandResult> {
    fingerprint = context.fingerprint;
    return this.executor.execute(account, id, commandFrom(Pay, body, { account: id }), context);
  }
}

@Module({
  imports: [EventStoreModule.forRoot({ store: new InMemoryEventStore() }), CommandModule.forRoot()],
  controllers: [AccountsController],
})
class AccountsModule {}

describe('an Idempotency-Key', () => {
  let app: NestExpressApplication;
  beforeAll(async () => {
    app = configureHttp(await NestFactory.create<NestExpressApplication>(AccountsModule, { logger: false, bodyParser: false }));
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());

  const pay = async (id: string, key: string, body: string): Promise<readonly [number, unknown, string | null]> => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
    const response = await fetch(`http://127.0.0.1:${port}/accounts/${id}/payments`, { method: 'POST', headers, body });
    const { code, revision } = (await response.json()) as { code?: string; revision?: string };
    return [response.status, code ?? revision, response.headers.get('Idempotency-Replayed')];
  };

  it('gives the first answer again for the same request, in any notation of its body', async () => {
    expect(await pay('a', 'k-1', '{"cents":5,"note":"x"}')).toEqual([201, '0', null]);
    expect(await pay('a', '"k-1"', '{ "note": "x", "cents": 5 }')).toEqual([201, '0', 'true']);
  });

  it('is refused with another body for the same stream, and nothing happens', async () => {
    expect(await pay('b', 'k-2', '{"cents":5}')).toEqual([201, '0', null]);
    expect(await pay('b', 'k-2', '{"cents":6}')).toEqual([422, 'COMMAND_ID_REUSED', null]);
    expect(await pay('b', 'k-2', '{"cents":5,"note":"x"}')).toEqual([422, 'COMMAND_ID_REUSED', null]);
    expect(await pay('b', 'k-2', '{"cents":5}')).toEqual([201, '0', 'true']);
    expect(await pay('b', 'k-3', '{"cents":6}')).toEqual([201, '1', null]);
  });

  it.each([
    ['{}', '[]'],
    ['[]', '{}'],
    ['{"a":1}', '[["a",1]]'],
    ['{"a":{"b":2}}', '{"a":[["b",2]]}'],
    ['[{"a":{}}]', '[{"a":[]}]'],
    ['[[]]', '[{}]'],
    ['[["a",[]]]', '[["a",{}]]'],
    ['[["a",1]]', '{"list":[["a",1]]}'],
    ['{"list":[]}', '[]'],
    ['{"a":1,"b":2}', '[["a",1],["b",2]]'],
    ['[["b",1],["a",2]]', '[["a",2],["b",1]]'],
    ['[["a",1]]', '[["a",1],["a",1]]'],
    ['"1"', '1'],
    ['null', '{}'],
    ['{"__proto__":1}', '{}'],
    ['[1,2]', '[2,1]'],
  ])('is refused for %s and then %s, at any depth', async (first, other) => {
    for (const [index, within] of ['?', '[?]', '{"x":?}', '[["x",?]]', '[0,{"y":[?]}]'].entries()) {
      const body = (value: string): string => `{"cents":1,"more":${within.replace('?', value)}}`;
      const id = `more-${first}-${other}-${index}`;
      expect(await pay(id, 'k-6', body(first))).toEqual([201, '0', null]);
      expect(await pay(id, 'k-6', body(other))).toEqual([422, 'COMMAND_ID_REUSED', null]);
      expect(await pay(id, 'k-6', body(first))).toEqual([201, '0', 'true']);
    }
  });

  it('has the same meaning as in earlier versions, so that a request may be repeated after an upgrade', async () => {
    await pay('f', 'k-7', '{"note":"x","more":{"lines":[{"sku":"1","count":2},[3,"y"]]},"cents":5}');
    const lines = [[['count', 2], ['sku', '1']], [3, 'y']]; // prettier-ignore
    const inOrder = ['POST', '/accounts/f/payments', [['cents', 5], ['more', [['lines', lines]]], ['note', 'x']]]; // prettier-ignore
    expect(fingerprint).toBe(createHash('sha256').update(JSON.stringify(inOrder)).digest('base64url').slice(0, 22));
  });

  it('counts for one stream only: on another stream it is another command', async () => {
    expect(await pay('c', 'k-4', '{"cents":5}')).toEqual([201, '0', null]);
    expect(await pay('d', 'k-4', '{"cents":5}')).toEqual([201, '0', null]);
    expect(await pay('c', 'k-4', '{"cents":5}')).toEqual([201, '0', 'true']);
  });

  it('is not used up by a refusal: the same or another request with the key is decided anew', async () => {
    expect(await pay('e', 'k-5', '{"cents":101}')).toEqual([409, 'TOO_MUCH', null]);
    expect(await pay('e', 'k-5', '{"cents":101}')).toEqual([409, 'TOO_MUCH', null]);
    expect(await pay('e', 'k-5', '{"cents":"x"}')).toEqual([400, 'COMMAND_INVALID', null]);
    expect(await pay('e', 'k-5', '{"cents":100}')).toEqual([201, '0', null]);
    expect(await pay('e', 'k-5', '{"cents":101}')).toEqual([422, 'COMMAND_ID_REUSED', null]);
  });
});
