// A body becomes a command, and what the command's class has no field for is refused, whatever it is called.
import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsString, ValidateNested } from 'class-validator';
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

  it('makes instances of what fits', () => {
    const command = commandFrom(Book, { guest: 'Ada', main: { sku: 'a' }, lines: [{ sku: 'b' }] });
    expect(command).toBeInstanceOf(Book);
    expect(command.main).toBeInstanceOf(Line);
    expect(command.lines[0]?.describe()).toBe('b');
  });
});
