// Keeps states and payloads as they are: whatever is handed out can be read, and changed by nobody.
import { isOwnAccessor } from '@mainstem/event-store';

/** What is frozen down to its leaves. Being frozen alone says nothing about what is inside. */
const isolated = new WeakSet<object>();

const MUTATORS: readonly (readonly [abstract new (...given: never[]) => object, readonly string[]])[] = [
  [Map, ['set', 'delete', 'clear']],
  [Set, ['add', 'delete', 'clear']],
  [Date, Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'))],
];

/**
 * Freezes a state and everything in it, also maps, sets and dates; what is frozen already costs one look. False if it holds something
 * that can be changed nevertheless (typed arrays, buffers, weak collections): such a state must not be shared.
 */
export const isolate = (state: unknown): boolean => {
  if (state === null || typeof state !== 'object' || freezeFlat(state)) return true;
  const pending: unknown[] = [state];
  const visited: object[] = [];
  let isComplete = true;
  while (pending.length > 0) {
    const node = pending.pop();
    if (node === null || typeof node !== 'object' || isolated.has(node)) continue;
    if (ArrayBuffer.isView(node) || node instanceof ArrayBuffer || node instanceof WeakMap || node instanceof WeakSet) {
      isComplete = false;
      continue;
    }
    isolated.add(node);
    visited.push(node);
    for (const [kind, names] of MUTATORS) if (node instanceof kind) refuseChanges(node, names);
    if (node instanceof Map) for (const [key, value] of node) pending.push(key, value);
    else if (node instanceof Set) pending.push(...node);
    for (const key of Reflect.ownKeys(node)) {
      const member = Object.getOwnPropertyDescriptor(node, key);
      if (member && 'value' in member && typeof member.value === 'object') pending.push(member.value);
    }
    Object.freeze(node);
  }
  // What leads to something that can be changed must be found again the next time.
  if (!isComplete) for (const node of visited) isolated.delete(node);
  return isComplete;
};

/** Freezes a plain object of plain values, as most small states are, without a note for each of them; false if it is anything else. */
const freezeFlat = (state: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(state);
  if ((prototype !== Object.prototype && prototype !== null) || Object.getOwnPropertySymbols(state).length > 0) return false;
  for (const key of Object.getOwnPropertyNames(state)) {
    if (isOwnAccessor(state, key)) return false;
    const member = (state as Readonly<Record<string, unknown>>)[key];
    if (typeof member === 'object' && member !== null) return false;
  }
  Object.freeze(state);
  return true;
};

const refuse = (): never => {
  throw new TypeError('A state is never changed: return a new one');
};

const refuseChanges = (node: object, names: readonly string[]): void => {
  if (Object.isExtensible(node)) for (const name of names) Object.defineProperty(node, name, { value: refuse });
};
