// A set of ids that may wrongly say yes, and never wrongly no: four bytes an id.

/** A part of a filter. It takes ids while it has room; after that it never changes. */
export interface FilterLayer {
  readonly bits: Uint8Array;
  /** The number of ids that it still takes. */
  room: number;
}

/** In a small filter too many ids would share all their bits. */
const LAYER_BYTES_MIN = 16_384;
/** A full layer is stored once for all snapshots; larger ones would have to be written again for longer. */
export const LAYER_BYTES_MAX = 262_144;
const BITS_PER_ID = 32;
/** One wrong yes in three millions for each full layer. */
const HASHES = 16;

/** A Bloom filter in layers, each twice as large as the one before, up to a limit. */
export class IdFilter {
  readonly #layers: FilterLayer[];

  /** @param layers of `captured`; they belong to this filter from now on. */
  constructor(layers: readonly FilterLayer[] = []) {
    this.#layers = [...layers];
  }

  add(id: string): void {
    const start = hashOf(id, FIRST_SEED);
    const step = hashOf(id, SECOND_SEED) | 1;
    // An id that is sent again takes no more room.
    if (this.#mayHave(start, step)) return;
    let layer = this.#layers.at(-1);
    if (!layer || layer.room === 0) {
      const bytes = layer ? Math.min(2 * layer.bits.length, LAYER_BYTES_MAX) : LAYER_BYTES_MIN;
      layer = { bits: new Uint8Array(bytes), room: (8 * bytes) / BITS_PER_ID };
      this.#layers.push(layer);
    }
    layer.room--;
    const { bits } = layer;
    const mask = 8 * bits.length - 1;
    for (let index = 0; index < HASHES; index++) {
      const bit = (start + Math.imul(index, step)) & mask;
      bits[bit >>> 3] = (bits[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
  }

  mayHave(id: string): boolean {
    return this.#mayHave(hashOf(id, FIRST_SEED), hashOf(id, SECOND_SEED) | 1);
  }

  get bytes(): number {
    return this.#layers.reduce((sum, { bits }) => sum + bits.length, 0);
  }

  /** The layers as they are now: full ones themselves, which never change again, and a copy of the one with room. */
  captured(): readonly FilterLayer[] {
    return this.#layers.map((layer) => (layer.room === 0 ? layer : { bits: layer.bits.slice(), room: layer.room }));
  }

  /** The newest layer has the likeliest id. */
  #mayHave(start: number, step: number): boolean {
    for (let at = this.#layers.length - 1; at >= 0; at--) if (hasBits((this.#layers[at] as FilterLayer).bits, start, step)) return true;
    return false;
  }
}

/** The size of a layer in bits is a power of two. */
const hasBits = (bits: Uint8Array, start: number, step: number): boolean => {
  const mask = 8 * bits.length - 1;
  for (let index = 0; index < HASHES; index++) {
    const bit = (start + Math.imul(index, step)) & mask;
    if (((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
  }
  return true;
};

const FIRST_SEED = 0x811c9dc5;
const SECOND_SEED = 0x9e3779b9;

/** FNV-1a over the UTF-16 units, mixed at the end so that the low bits depend on all. */
const hashOf = (text: string, seed: number): number => {
  let hash = seed;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};
