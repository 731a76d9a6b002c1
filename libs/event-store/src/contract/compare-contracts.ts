// Which changes of declared events break the readers of stored ones.
import { nearestName } from '../nearest-name.js';
import type { ContractChange } from './contract-change.js';
import { comparedFields, type FieldChange } from './compare-fields.js';
import type { EventContract, EventContracts } from './event-contract.js';

/**
 * Every difference, in order of event and field. Only what stored payloads may not fit is breaking. A raised schema
 * version has an upcaster for each step, so changes of its fields are told and break nothing. Stored events show
 * whether the upcasters do what they should.
 */
export const compareContracts = (before: EventContracts, after: EventContracts): readonly ContractChange[] => {
  const removed = Object.keys(before).filter((event) => !(event in after));
  const added = Object.keys(after).filter((event) => !(event in before));
  const renamed = new Map(removed.map((event) => [event, renamedEvent(event, before, after, added)]));
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names.flatMap((event): readonly ContractChange[] => {
    const [former, present] = [before[event], after[event]];
    if (!former) return present ? [addedEvent(event, present)] : [];
    return present ? changesOf(event, former, present) : [removedEvent(event, former, renamed.get(event))];
  });
};

const addedEvent = (event: string, { version }: EventContract): ContractChange => ({
  ...{ kind: 'event-added', event, versions: [version], isBreaking: false },
  message: 'is new',
});

const removedEvent = (event: string, { version }: EventContract, renamedTo: string | undefined): ContractChange => ({
  kind: renamedTo === undefined ? 'event-removed' : 'event-renamed',
  event,
  ...(renamedTo !== undefined && { renamedTo }),
  versions: upTo(version),
  isBreaking: true,
  message: renamedTo === undefined ? 'is not declared any more' : `is not declared any more; ${renamedTo} looks like its new name`,
  advice:
    'Declare it again, under its old name: stored events keep their type for ever. An event that is not recorded any more stays declared for its readers.',
});

/** The new event of the same category with the nearest name, else the only one with the same fields. */
const renamedEvent = (event: string, before: EventContracts, after: EventContracts, added: readonly string[]): string | undefined => {
  const category = event.slice(0, event.indexOf('/') + 1);
  const candidates = added.filter((name) => name.startsWith(category));
  const near = nearestName(event, candidates);
  if (near !== undefined) return near;
  const fields = JSON.stringify(before[event]?.fields);
  const alike = candidates.filter((name) => fields !== '{}' && JSON.stringify(after[name]?.fields) === fields);
  return alike.length === 1 ? alike[0] : undefined;
};

const changesOf = (event: string, before: EventContract, after: EventContract): readonly ContractChange[] => {
  const versions = upTo(before.version);
  const fields = comparedFields(before.fields, after.fields);
  if (after.version < before.version) return [loweredVersion(event, before, after), ...fields.map((change) => ofField(event, versions, change))];
  if (after.version === before.version) return fields.map((change) => ofField(event, versions, change));
  const raised: ContractChange = {
    ...{ kind: 'version-raised', event, versions, isBreaking: false },
    message: `has schema version ${after.version} now, and upcasters from version ${before.version}`,
  };
  return [raised, ...fields.map((change) => ofField(event, versions, { ...change, isBreaking: false }))];
};

const loweredVersion = (event: string, before: EventContract, after: EventContract): ContractChange => ({
  ...{ kind: 'version-lowered', event, versions: [before.version], isBreaking: true },
  message: `has schema version ${after.version}, and had ${before.version}: events of version ${before.version} cannot be read`,
  advice: `Declare version ${before.version} or a higher one, with its upcasters.`,
});

const ofField = (event: string, versions: readonly number[], change: FieldChange): ContractChange => {
  const advice = change.isBreaking ? { advice: ADVICE[change.kind] ?? RAISE } : {};
  return { ...change, event, versions, ...advice };
};

const RAISE = 'Take the change back, or declare a new schema version with an upcaster.';
const ADVICE: Partial<Record<FieldChange['kind'], string>> = {
  'field-required': 'Let it be missing (@IsOptional()), or declare a new schema version whose upcaster gives a value.',
  'field-added': 'Let it be missing (@IsOptional()), or declare a new schema version whose upcaster gives a value.',
  'field-renamed': 'Take the old name back, or declare a new schema version whose upcaster moves the value.',
  'field-removed': 'Keep it as an optional field, or declare a new schema version whose upcaster leaves it out.',
};

const upTo = (version: number): readonly number[] => Array.from({ length: version }, (_, index) => index + 1);
