// Protects states and payloads: their receivers can read them, but not change them.
import { types } from 'node:util';
import { isBuiltIn, isOwnAccessor } from '@mainstem/event-store';

/** Objects that are frozen including their contents; Object.isFrozen says nothing about contents. */
const isolated = new WeakSet<object>();

const MUTATORS: readonly (readonly [isKind: (value: object) => boolean, names: readonly string[]])[] = [
  [types.isMap, ['set', 'delete', 'clear']],
  [types.isSet, ['add', 'delete', 'clear']],
  [types.isDate, Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'))],
];

const refuse = (): never => {
  throw new TypeError('A state is never changed: return a new one');
};

/** Freezes a state with all its contents. False: it holds something changeable, and must not be shared. */
export const isolate = (state: unknown): boolean => changeablePartOf(state) === undefined;

/**
 * Like `isolate`, and names what can change although it is frozen: typed arrays and buffers, weak collections, proxies,
 * objects with private fields, and platform objects such as URL. An object that is already frozen costs one look.
 */
export const changeablePartOf = (state: unknown): string | undefined => {
  if (state === null || typeof state !== 'object' || freezeFlat(state)) return undefined;
  const pending: unknown[] = [state];
  const visited: object[] = [];
  let changeable: string | undefined;
  while (pending.length > 0) {
    const node = pending.pop();
    if (node === null || typeof node !== 'object' || isolated.has(node)) continue;
    if (isChangeable(node)) {
      changeable ??= nameOfKind(node);
      continue;
    }
    isolated.add(node);
    visited.push(node);
    for (const [isKind, names] of MUTATORS) if (isKind(node)) refuseChanges(node, names);
    if (types.isMap(node)) for (const [key, value] of node) pending.push(key, value);
    else if (types.isSet(node)) pending.push(...node);
    for (const key of Reflect.ownKeys(node)) {
      const member = Object.getOwnPropertyDescriptor(node, key);
      if (member && 'value' in member && typeof member.value === 'object') pending.push(member.value);
    }
    Object.freeze(node);
  }
  // Objects that lead to something changeable must be found again the next time.
  if (changeable !== undefined) for (const node of visited) isolated.delete(node);
  return changeable;
};

const isChangeable = (node: object): boolean => {
  if (types.isProxy(node)) return true;
  // A map that the application has frozen still accepts entries through its own methods.
  const mutators = Object.isExtensible(node) ? undefined : MUTATORS.find(([isKind]) => isKind(node));
  if (mutators?.[1].some((name) => Reflect.get(node, name) !== refuse)) return true;
  // A setter keeps its value out of reach of freezing; that of an error's stack is the engine's own.
  if (!types.isNativeError(node) && Object.values(Object.getOwnPropertyDescriptors(node)).some(({ set }) => set !== undefined)) return true;
  const prototype = Object.getPrototypeOf(node) as object | null;
  return prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null && hidesState(prototype);
};

/** By prototype: each class is inspected once. */
const hiding = new WeakMap<object, boolean>();

const hidesState = (prototype: object): boolean => {
  let hides = hiding.get(prototype);
  if (hides === undefined) hiding.set(prototype, (hides = looksHiding(prototype)));
  return hides;
};

/** Built-in kinds that are frozen completely, or refuse changes. */
const FROZEN_KINDS = /^(Object|Array|Map|Set|Date|RegExp|Number|String|Boolean|Symbol|BigInt|(\w*)Error)$/;
/** They never change. */
const LASTING_KINDS = /^(Intl|Temporal)\./;
/** Kinds whose own methods still work in an extending class, frozen or not. */
const REACHED_BY_SUPER = /^(Map|Set|Date)$/;
/** A private field, as written or as compilers write it for older platforms: freezing does not reach it. */
const PRIVATE_FIELD = /\.\s*#[\p{ID_Start}$_]|__classPrivateField|_classPrivateField/u;

const looksHiding = (prototype: object): boolean => {
  for (let part: object | null = prototype; part !== null; part = Object.getPrototypeOf(part) as object | null) {
    const constructor = Object.getOwnPropertyDescriptor(part, 'constructor')?.value as unknown;
    const tag = Object.getOwnPropertyDescriptor(part, Symbol.toStringTag)?.value as unknown;
    if (typeof tag === 'string' && LASTING_KINDS.test(tag)) return false;
    // Iterators and generators have no constructor of their own.
    if (typeof constructor !== 'function') {
      if (typeof tag === 'string') return true;
    } else if (isBuiltIn(part)) {
      return !FROZEN_KINDS.test(constructor.name) || (part !== prototype && REACHED_BY_SUPER.test(constructor.name));
    } else if (PRIVATE_FIELD.test(Function.prototype.toString.call(constructor))) return true;
  }
  return false;
};

const nameOfKind = (node: object): string => {
  const { constructor } = Object.getPrototypeOf(node) as { readonly constructor?: unknown };
  const tag = Object.prototype.toString.call(node).slice(8, -1);
  return tag.includes(' ') || typeof constructor !== 'function' ? tag : constructor.name;
};

/** Freezes a plain object of plain values, like most small states, without bookkeeping; false for anything else. */
const freezeFlat = (state: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(state);
  if ((prototype !== Object.prototype && prototype !== null) || types.isProxy(state)) return false;
  if (Object.getOwnPropertySymbols(state).length > 0) return false;
  for (const key of Object.getOwnPropertyNames(state)) {
    if (isOwnAccessor(state, key)) return false;
    const member = (state as Readonly<Record<string, unknown>>)[key];
    if (typeof member === 'object' && member !== null) return false;
  }
  Object.freeze(state);
  return true;
};

const refuseChanges = (node: object, names: readonly string[]): void => {
  for (const name of names) Object.defineProperty(node, name, { value: refuse });
};
