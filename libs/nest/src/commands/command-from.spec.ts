// A body becomes a command; a field that the command's class does not declare is refused, whatever its name.
import 'reflect-metadata';
import { Type } from 'class-transformer';
import { CommandExecutor, defineAggregate } from '@mainstem/aggregate';
import { defineEvents, InMemoryEventStore, violationsOfRules } from '@mainstem/event-store';
import { Allow, IsOptional, IsString, ValidateNested } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { commandFrom } from './command-from.js';

class Line {
  @IsString() sku!: string;
  get label(): string {
    return 'x';
  }
  describe(): string {
    return this.sku;
  }
}
class Named {
  get title(): string {
    return 'x';
  }
  describe(): string {
    return 'y';
  }
}
class Book extends Named {
  @IsString() guest!: string;
  @ValidateNested() @Type(() => Line) main!: Line;
  @ValidateNested({ each: true }) @Type(() => Line) lines!: Line[];
  get own(): number {
    return 1;
  }
  isVip(): boolean {
    return true;
  }
}

describe('commandFrom', () => {
  it.each(['title', 'describe', 'own', 'isVip', 'constructor', 'toString', '__proto__'])('refuses a field called %s', (field) => {
    const body = JSON.parse(`{ "guest": "Ada", "${field}": "z" }`) as object;
    expect(() => commandFrom(Book, body)).toThrow(expect.objectContaining({ code: 'COMMAND_INVALID' }));
  });

  it.each([
    ['label', { main: { sku: 'a', label: 'z' } }],
    ['describe', { main: { sku: 'a', describe: 'z' } }],
    ['describe', { lines: [{ sku: 'a' }, { sku: 'b', describe: 'z' }] }],
  ])('refuses %s in a nested object', (field, body) => {
    expect(() => commandFrom(Book, body)).toThrow(expect.objectContaining({ code: 'COMMAND_INVALID' }));
    expect(() => commandFrom(Book, body)).toThrow(field);
  });

  it('makes instances of nested classes', () => {
    const command = commandFrom(Book, { guest: 'Ada', main: { sku: 'a' }, lines: [{ sku: 'b' }] });
    expect(command).toBeInstanceOf(Book);
    expect(command.main).toBeInstanceOf(Line);
    expect(command.lines[0]?.describe()).toBe('b');
  });
});

const DECLARED = ['toString', '__proto__', 'valueOf', 'hasOwnProperty', 'isPrototypeOf'];

describe('a declared field named like what every object has', () => {
  class Odd {
    @IsOptional() @IsString() plain?: string;
    [field: string]: unknown;
  }
  for (const name of DECLARED) for (const rule of [IsOptional(), IsString()]) rule(Odd.prototype, name);
  class Whole extends Odd {
    @IsOptional() @ValidateNested() @Type(() => Odd) one?: Odd;
    @IsOptional() @ValidateNested({ each: true }) @Type(() => Odd) list?: Odd[];
    @IsOptional() @Allow() any?: unknown;
    @IsOptional() @Allow() @Type(() => String) map?: Map<string, string>;
    @IsOptional() @ValidateNested({ each: true }) @Type(() => Odd) set?: Set<Odd>;
  }
  class Hiding extends Odd {
    override toString(): string {
      return 'mine';
    }
  }

  const bodyOf = (name: string): string =>
    ['"x"', `{"${name}":"x"}`]
      .map((value, index) =>
        index === 0 ? `"${name}":${value}` : `"one":${value},"list":[${value},${value}],"any":{"deep":[${value}]},"set":[${value}]`,
      )
      .join(',');

  it.each(DECLARED)('is data at each depth: %s', async (name) => {
    const body = JSON.parse(`{${bodyOf(name)},"map":{"${name}":"x"}}`) as Record<string, unknown>;
    const command = commandFrom(Whole, body);
    const own = (value: unknown): unknown => Object.getOwnPropertyDescriptor(value, name)?.value;
    expect([command, command.one, command.list?.[1], (command.any as { deep: unknown[] }).deep[0]].map(own)).toEqual(['x', 'x', 'x', 'x']);
    expect([...(command.set ?? [])].map(own)).toEqual(['x']);
    expect(command.map?.get(name)).toBe('x');
    expect(command.one).toBeInstanceOf(Odd);
    expect(violationsOfRules(command, Whole)).toEqual([]);

    class KeptData {
      @Allow() json!: unknown;
    }
    const keep = defineAggregate({
      ...{ category: 'odd', events: defineEvents('odd', { Kept: KeptData }), initialState: 0 },
      evolve: (state: number) => state + 1,
      decide: ({ one, any }: Whole) => [{ type: 'Kept' as const, data: { json: { one: { ...one }, any } } }],
    });
    const { events } = await new CommandExecutor({ store: new InMemoryEventStore() }).execute(keep, '1', command);
    expect(JSON.stringify(events[0]?.data)).toBe(`{"json":{"one":{"${name}":"x"},"any":{"deep":[{"${name}":"x"}]}}}`);
  });

  it.each(DECLARED)('is checked like any other: %s', (name) => {
    const command = commandFrom(Whole, JSON.parse(`{"one":{"${name}":5}}`));
    expect(violationsOfRules(command, Whole)).toEqual([{ field: `one.${name}`, message: `${name} must be a string` }]);
  });

  it('called constructor is refused in a nested class, which cannot declare it, and is data in a plain object', () => {
    expect(() => commandFrom(Whole, { one: { constructor: 'x' } })).toThrow('property constructor should not exist');
    expect(JSON.stringify(commandFrom(Whole, { any: { constructor: { name: 'x' } } }))).toContain('"any":{"constructor":{"name":"x"}}');
  });

  it('hides no method of its class', () => {
    expect(() => commandFrom(Hiding, { toString: 'x' })).toThrow('property toString should not exist');
    expect(commandFrom(Hiding, { valueOf: 'x' }).toString()).toBe('mine');
  });
});
