// Options of class-validator for the commands of an aggregate, and commands without a class.
import { defineEvents, InMemoryEventStore } from '@mainstem/event-store';
import { IsInt, IsOptional, MaxLength } from 'class-validator';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { defineAggregate } from '../aggregate/aggregate.js';
import { CommandExecutor } from './command-executor.js';

class PaidData {
  @IsInt() cents!: number;
}
class Pay {
  @IsInt({ always: true }) cents!: number;
  @IsOptional({ groups: ['office'] }) @MaxLength(3, { groups: ['office'] }) note?: string;
}
const events = defineEvents('account', { Paid: PaidData });
const part = {
  ...{ category: 'account', events, initialState: 0 },
  evolve: (state: number, event: { readonly data: { readonly cents: number } }) => state + event.data.cents,
  decide: ({ cents }: { readonly cents: number }) => [{ type: 'Paid' as const, data: { cents } }],
};
const pay = (fields: object): Pay => Object.assign(new Pay(), fields);

describe('the options of an aggregate for its commands', () => {
  const executor = new CommandExecutor({ store: new InMemoryEventStore() });
  const refusal = (field: string): object => ({ code: 'COMMAND_INVALID', violations: [{ field, message: expect.any(String) as string }] });

  it('say which rules count', async () => {
    const office = defineAggregate({ ...part, commandRules: { groups: ['office'] } });
    expect(await executor.execute(office, 'a', pay({ cents: 1, note: 'abc' }))).toMatchObject({ isRepeat: false });
    await expect(executor.execute(office, 'a', pay({ cents: 1, note: 'long' }))).rejects.toMatchObject(refusal('note'));
    await expect(executor.execute(office, 'a', pay({ cents: 'x' }))).rejects.toMatchObject(refusal('cents'));
    const counter = defineAggregate({ ...part, commandRules: { groups: ['counter'] } });
    await expect(executor.execute(counter, 'a', pay({ cents: 1, note: 'abc' }))).rejects.toMatchObject(refusal('note'));
  });

  it('stay with a copy of its definition, and are refused if they are invalid', async () => {
    const copy = { ...defineAggregate({ ...part, commandRules: { skipMissingProperties: true } }) };
    await expect(executor.execute(copy, 'a', pay({}))).rejects.toMatchObject({ code: 'EVENT_STORE_INVALID_EVENT' });
    expect(() => defineAggregate({ ...part, commandRules: { forbidNonWhitelisted: false } as object })).toThrow('commandRules.forbidNonWhitelisted');
  });
});

describe('a command without a class', () => {
  const account = defineAggregate(part);
  const executor = new CommandExecutor({ store: new InMemoryEventStore() });

  it.each<[string, string]>([
    ['an object', '({ cents: 5, constructor: "x", __proto__: { a: 1 } })'],
    ['parsed JSON', `JSON.parse('{ "cents": 5, "__proto__": 1, "constructor": "x", "toString": 1, "hasOwnProperty": 2 }')`],
    ['an object without a prototype', 'Object.assign(Object.create(null), { cents: 5 })'],
  ])('works from another realm: %s', async (_, source) => {
    const command = runInNewContext(source) as { readonly cents: number };
    expect(await executor.execute(account, 'a', command)).toMatchObject({ events: [{ type: 'Paid', data: { cents: 5 } }] });
  });

  it.each(['[1]', 'new Map()', '() => 1', '"text"', 'null', 'Object.assign(new (class Foreign {})(), { cents: 5 })'])(
    'is refused by name if it is no object: %s',
    async (source) => {
      await expect(executor.execute(account, 'a', runInNewContext(source) as never)).rejects.toMatchObject({ code: 'COMMAND_INVALID' });
    },
  );
});
