// Estimates the memory of a state in bytes, on the safe side.

export interface Weight {
  readonly bytes: number;
  /** The most values that the estimate looks at. */
  readonly nodes: number;
}

const OBJECT_BYTES = 64;
const SLOT_BYTES = 24;

/** Two bytes a character, whatever the engine stores; shared values count each time. */
export const weightOf = (state: unknown): Weight => flatWeightOf(state) ?? deepWeightOf(state);

/** For a plain object of plain values, like most small states: no bookkeeping. */
const flatWeightOf = (state: unknown): Weight | undefined => {
  if (state === null || typeof state !== 'object' || Object.getPrototypeOf(state) !== Object.prototype) return undefined;
  let bytes = SLOT_BYTES + OBJECT_BYTES;
  let nodes = 1;
  for (const key of Object.keys(state)) {
    const member = (state as Readonly<Record<string, unknown>>)[key];
    if (member !== null && typeof member === 'object') return undefined;
    bytes += 2 * SLOT_BYTES + key.length + plainBytes(member);
    nodes++;
  }
  return { bytes, nodes };
};

const plainBytes = (value: unknown): number => (typeof value === 'string' ? 2 * value.length : typeof value === 'bigint' ? OBJECT_BYTES : 0);

const deepWeightOf = (state: unknown): Weight => {
  const pending: unknown[] = [state];
  const seen = new Set<object>();
  let bytes = 0;
  let nodes = 0;
  while (pending.length > 0) {
    const node = pending.pop();
    nodes++;
    bytes += SLOT_BYTES + plainBytes(node);
    if (node === null || typeof node !== 'object' || seen.has(node)) continue;
    seen.add(node);
    bytes += OBJECT_BYTES;
    if (node instanceof Map) for (const [key, value] of node) pending.push(key, value);
    else if (node instanceof Set) pending.push(...node);
    else if (ArrayBuffer.isView(node)) bytes += node.byteLength;
    else if (Array.isArray(node)) for (const member of node) pending.push(member);
    else {
      for (const [key, member] of Object.entries(node)) {
        bytes += SLOT_BYTES + key.length;
        pending.push(member);
      }
    }
  }
  return { bytes, nodes };
};
