// How many bytes a state takes in memory, estimated on the safe side.

export interface Weight {
  readonly bytes: number;
  /** Values looked at: what the estimate itself costs. */
  readonly nodes: number;
}

const OBJECT_BYTES = 64;
const SLOT_BYTES = 24;

/** Two bytes a character, whatever the engine makes of it; what is shared counts each time. */
export const weightOf = (state: unknown): Weight => {
  const pending: unknown[] = [state];
  const seen = new Set<object>();
  let bytes = 0;
  let nodes = 0;
  while (pending.length > 0) {
    const node = pending.pop();
    nodes++;
    bytes += SLOT_BYTES;
    if (typeof node === 'string') bytes += 2 * node.length;
    else if (typeof node === 'bigint') bytes += OBJECT_BYTES;
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
