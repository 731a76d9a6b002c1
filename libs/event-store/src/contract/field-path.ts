// Paths of fields: `lines[].sku` for all members of a list, `lines.3.sku` for one of them, as class-validator has it.
import type { FieldContract, FieldContracts, ValueContract } from './event-contract.js';

/** True for a field of the payload itself. */
export const isNamedField = (path: string): boolean => !path.includes('.') && !path.includes('[]');

/** A place in a payload: the path of its contract, the contract if the class declares it, and the value. */
export interface FieldPlace {
  readonly path: string;
  readonly contract: FieldContract | ValueContract | undefined;
  readonly value: unknown;
}

/** What stands at a path of class-validator. */
export const placeOf = (path: string, fields: FieldContracts, data: unknown): FieldPlace => {
  let place: FieldPlace = { path: '', contract: { type: 'object', fields }, value: data };
  for (const name of path === '' ? [] : path.split('.')) {
    const { contract, value } = place;
    const next = (value as Readonly<Record<string, unknown>> | null | undefined)?.[name];
    if (Array.isArray(value)) place = { path: `${place.path}[]`, contract: contract?.items, value: next };
    else {
      // A single value where a list may stand.
      const own = contract?.fields ?? contract?.items?.fields;
      const known = own && Object.hasOwn(own, name) ? own[name] : undefined;
      place = { path: place.path === '' ? name : `${place.path}.${name}`, contract: known, value: next };
    }
  }
  return place;
};
