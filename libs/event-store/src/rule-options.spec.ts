// Options of class-validator that an application sets for its payloads.
import { IsInt, IsOptional, IsString, MaxLength, validateSync, ValidateNested, Validate, ValidatorConstraint } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { violationsOfRules } from './declared-rules.js';
import { defineEvents } from './event-registry.js';
import { ruleOptions, type RuleOptions } from './rule-options.js';

class Line {
  @IsString({ groups: ['strict'] }) sku!: string;
}
class PlacedData {
  @IsInt({ always: true }) cents!: number;
  @MaxLength(3, { groups: ['strict'] }) note?: string | null;
  @IsOptional({ always: true }) @ValidateNested({ always: true }) line?: Line;
}

const refused = (rules: RuleOptions | undefined, data: object): readonly string[] => {
  const events = defineEvents('order', { Placed: PlacedData }, rules);
  try {
    events.validate({ type: 'Placed', data });
    return [];
  } catch (error) {
    return (error as { readonly violations: readonly string[] }).violations;
  }
};

describe('options for payloads', () => {
  it('say which rules count', () => {
    expect(refused(undefined, { cents: 1 })).toEqual([expect.stringContaining('note: ')]);
    expect(refused({ groups: ['strict'] }, { cents: 1, note: 'long' })).toEqual([expect.stringContaining('note: ')]);
    expect(refused({ groups: ['strict'] }, { cents: 1, note: 'abc' })).toEqual([]);
    expect(refused({ strictGroups: true }, { cents: 1 })).toEqual([]);
    expect(refused({ strictGroups: true }, { cents: 'x' })).toEqual([expect.stringContaining('cents: ')]);
  });

  it('refuse a field without a rule that counts, as class-validator does, and name the groups that were asked for', () => {
    expect(refused({ groups: ['lax'] }, { cents: 1, note: 'abc' })).toEqual(['note: property note should not exist']);
    const line = Object.assign(new Line(), { sku: 'a' });
    expect(refused({ groups: ['lax'] }, { cents: 1, line })).toEqual([
      expect.stringContaining('class Line declares no rule of class-validator for the groups lax'),
    ]);
    expect(refused({ groups: ['strict'] }, { cents: 1, note: '', line })).toEqual([]);
  });

  it('decide what is skipped', () => {
    expect(refused({ skipUndefinedProperties: true }, { cents: 1 })).toEqual([]);
    expect(refused({ skipUndefinedProperties: true }, { cents: 1, note: null })).toEqual([expect.stringContaining('note: ')]);
    expect(refused({ skipNullProperties: true }, { cents: 1, note: null })).toEqual([]);
    expect(refused({ skipMissingProperties: true }, { note: null })).toEqual([]);
  });

  it('keep the values of the declaration when the object changes later', () => {
    const rules = { groups: ['strict'] };
    const events = defineEvents('order', { Placed: PlacedData }, rules);
    rules.groups.push('other');
    rules.groups.shift();
    expect(() => events.validate({ type: 'Placed', data: { cents: 1, note: 'long' } })).toThrow('note: ');
  });

  it.each<[string, object]>([
    ['whitelist', { whitelist: false }],
    ['group', { group: ['a'] }],
    ['groups', { groups: 'a' }],
    ['groups', { groups: [1] }],
    ['always', { always: 1 }],
  ])('are refused if they are invalid: %s of %o', (option, rules) => {
    expect(() => defineEvents('order', { Placed: PlacedData }, rules as RuleOptions)).toThrow(
      expect.objectContaining({ code: 'EVENT_STORE_INVALID_INPUT', message: expect.stringContaining(`rules.${option}`) as string }) as Error,
    );
  });

  it('do not apply to what a validator itself checks by other options', () => {
    class Part {
      @IsString({ groups: ['inner'] }) name!: string;
      @IsInt() count!: number;
    }
    @ValidatorConstraint({ name: 'parts' })
    class Parts {
      validate(value: object): boolean {
        const part = Object.assign(Object.create(Part.prototype) as Part, value);
        const isObeyed = (rules?: RuleOptions): boolean => violationsOfRules(part, Part, ruleOptions('rules', rules)).length === 0;
        return (
          validateSync(part, { groups: ['inner'] }).length === 0 && validateSync(part).length > 0 && isObeyed({ groups: ['inner'] }) && !isObeyed()
        );
      }
    }
    class Whole {
      @Validate(Parts, { always: true }) part!: object;
      @IsInt({ always: true }) cents!: number;
    }
    for (const rules of [undefined, { groups: ['strict'] }, { strictGroups: true }]) {
      // The broken field makes class-validator run itself, with the validator in it.
      const violations = violationsOfRules({ part: { name: 'a' }, cents: 'x' }, Whole, ruleOptions('rules', rules));
      expect(violations.map(({ field }) => field)).toEqual(['cents']);
    }
  });
});
