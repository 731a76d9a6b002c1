// Which changes of fields let payloads of the former contract be refused or misread.
import { nearestName } from '../nearest-name.js';
import type { ContractChange } from './contract-change.js';
import type { FieldContract, FieldContracts, ValueContract } from './event-contract.js';
import { changedTerms } from './rule-terms.js';

export type FieldChange = Pick<ContractChange, 'kind' | 'isBreaking' | 'message' | 'renamedTo'> & { readonly field: string };

/** Every difference below this path, in order of fields. */
export const comparedFields = (before: FieldContracts, after: FieldContracts, parent = ''): readonly FieldChange[] => {
  const removed = Object.keys(before).filter((name) => !(name in after));
  const added = Object.keys(after).filter((name) => !(name in before));
  const renamed = renamedFields(before, after, removed, added);
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names.flatMap((name): readonly FieldChange[] => {
    const [former, present] = [before[name], after[name]];
    const field = `${parent}${name}`;
    if (!former) return present && ![...renamed.values()].includes(name) ? [addedField(field, present)] : [];
    return present ? changesOfField(field, former, present) : [removedField(field, renamed.get(name))];
  });
};

/** Former names and new ones: the nearest names of compatible types, then what is left alone with an equal type. */
const renamedFields = (
  before: FieldContracts,
  after: FieldContracts,
  removed: readonly string[],
  added: readonly string[],
): ReadonlyMap<string, string> => {
  const renamed = new Map<string, string>();
  const free = (): readonly string[] => added.filter((name) => ![...renamed.values()].includes(name));
  for (const name of removed) {
    const near = nearestName(
      name,
      free().filter((candidate) => covers(after[candidate] as ValueContract, before[name] as ValueContract)),
    );
    if (near !== undefined) renamed.set(name, near);
  }
  const left = removed.filter((name) => !renamed.has(name));
  for (const name of left) {
    const alike = free().filter((candidate) => isAlike(before[name] as FieldContract, after[candidate] as FieldContract));
    if (alike.length === 1 && left.filter((other) => isAlike(before[name] as FieldContract, before[other] as FieldContract)).length === 1)
      renamed.set(name, alike[0] as string);
  }
  return renamed;
};

const isAlike = (one: FieldContract, other: FieldContract): boolean =>
  JSON.stringify([one.type, one.rules, one.fields, one.items]) === JSON.stringify([other.type, other.rules, other.fields, other.items]);

const addedField = (field: string, { optional }: FieldContract): FieldChange =>
  optional
    ? { kind: 'field-added', field, isBreaking: false, message: 'is new, and may be missing' }
    : { kind: 'field-added', field, isBreaking: true, message: 'is new and required, and stored events do not have it' };

const removedField = (field: string, renamedTo: string | undefined): FieldChange =>
  renamedTo === undefined
    ? { kind: 'field-removed', field, isBreaking: true, message: 'was removed, and stored events have it' }
    : { kind: 'field-renamed', field, renamedTo, isBreaking: true, message: `was removed; ${renamedTo} looks like its new name` };

const changesOfField = (field: string, before: FieldContract, after: FieldContract): readonly FieldChange[] => [
  ...presence(field, before, after),
  ...changesOfValue(field, before, after),
];

const presence = (field: string, before: FieldContract, after: FieldContract): readonly FieldChange[] => {
  const changes: FieldChange[] = [];
  const isOptional = after.optional ?? false;
  if (isOptional !== (before.optional ?? false))
    changes.push(
      isOptional
        ? { kind: 'field-optional', field, isBreaking: false, message: 'may be missing now' }
        : { kind: 'field-required', field, isBreaking: true, message: 'became required, and stored events may lack it' },
    );
  const isNullable = after.nullable ?? false;
  if (isNullable !== (before.nullable ?? false))
    changes.push(
      isNullable
        ? { kind: 'null-accepted', field, isBreaking: false, message: 'may be null now' }
        : { kind: 'null-refused', field, isBreaking: true, message: 'must not be null any more, and stored events may have null' },
    );
  return changes;
};

const changesOfValue = (field: string, before: ValueContract, after: ValueContract): readonly FieldChange[] => {
  const changes: FieldChange[] = [];
  const types = `${before.type} → ${after.type}`;
  if (!covers(after, before)) changes.push({ kind: 'type-narrowed', field, isBreaking: true, message: `has another type: ${types}` });
  else if (before.type !== after.type) changes.push({ kind: 'type-widened', field, isBreaking: false, message: `has a wider type: ${types}` });
  for (const { isTighter, text } of changedTerms(before.rules, after.rules))
    changes.push(
      isTighter
        ? { kind: 'rule-tightened', field, isBreaking: true, message: `has a tighter rule: ${text}. ${TIGHTER}` }
        : { kind: 'rule-widened', field, isBreaking: false, message: `has a wider rule: ${text}` },
    );
  return [...changes, ...inside(field, before, after)];
};

const TIGHTER = 'Reading checks no rule: stored payloads that break it still reach their readers, which may rely on it';

const inside = (field: string, before: ValueContract, after: ValueContract): readonly FieldChange[] => {
  const fields =
    before.fields && after.fields
      ? comparedFields(before.fields, after.fields, `${field}.`)
      : after.fields && before.type === 'object'
        ? [{ kind: 'type-narrowed' as const, field, isBreaking: true, message: 'has a class for its nested objects now, and had none' }]
        : [];
  if (!after.items) return fields;
  if (before.items) return [...fields, ...changesOfValue(`${field}[]`, before.items, after.items)];
  return [...fields, ...(isList(before) ? changesOfValue(`${field}[]`, { type: 'any' }, after.items) : [])];
};

const isList = ({ type }: ValueContract): boolean => type === 'list' || type === 'one-or-list';

/** True if every type that the former value may have is accepted. Members and fields are compared by themselves. */
export const covers = (after: Pick<ValueContract, 'type' | 'items'>, before: Pick<ValueContract, 'type' | 'items'>): boolean => {
  if (after.type === 'any' || after.type === before.type) return true;
  if (after.type === 'one-or-list') return before.type === 'list' || (after.items !== undefined && covers(after.items, before));
  const accepted = new Set(after.type.split(' | '));
  return before.type.split(' | ').every((type) => accepted.has(type) || (type === 'integer' && accepted.has('number')) || type === 'never');
};
