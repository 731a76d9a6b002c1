// The commands with events in a stream: the last ones exactly, earlier ones in a filter that may wrongly say yes.
import type { Position, Revision } from '@mainstem/event-store';

/** The places of one command's events in their stream. */
export interface CommandPlace {
  readonly first: Revision;
  readonly last: Revision;
  readonly position: Position;
  /** Of its content, if its context had one; see `CommandContext.fingerprint`. */
  readonly fingerprint?: string | undefined;
}

/** The memory of a kept id and its place, besides its characters. */
const PLACE_BYTES = 200;

export class KnownCommands {
  readonly #recent = new Map<string, CommandPlace>();
  /** Of long streams alone. */
  #older: IdFilter | undefined;
  #characters = 0;

  /** @param recentMax ids that are kept with their places. */
  constructor(readonly recentMax: number) {}

  get(commandId: string): CommandPlace | undefined {
    return this.#recent.get(commandId);
  }

  /** True if the id may belong to a command whose place is not kept any more: only the stream can tell. */
  mayHaveForgotten(commandId: string): boolean {
    return this.#older !== undefined && this.#older.mayHave(commandId);
  }

  set(commandId: string, place: CommandPlace): void {
    const { size } = this.#recent;
    this.#recent.set(commandId, place);
    if (this.#recent.size > size) this.#characters += commandId.length;
    if (this.#recent.size <= this.recentMax) return;
    for (const [oldest] of this.#recent) {
      this.#recent.delete(oldest);
      this.#characters -= oldest.length;
      (this.#older ??= new IdFilter()).add(oldest);
      break;
    }
  }

  /** The number of ids kept with their places. */
  get size(): number {
    return this.#recent.size;
  }

  get bytes(): number {
    return this.#recent.size * PLACE_BYTES + 2 * this.#characters + (this.#older?.bytes ?? 0);
  }
}

/** In a small filter too many ids would share all their bits. */
const LAYER_BITS_MIN = 131_072;
const BITS_PER_ID = 32;
const HASHES = 12;

/**
 * A Bloom filter in layers, each twice as large: four bytes an id, and one needless read of the stream in a million.
 */
class IdFilter {
  readonly #layers: { readonly bits: Uint8Array; room: number }[] = [];

  add(id: string): void {
    // An id that is sent again takes no more room.
    if (this.mayHave(id)) return;
    let layer = this.#layers.at(-1);
    if (!layer || layer.room === 0) {
      const bits = layer ? layer.bits.length * 16 : LAYER_BITS_MIN;
      layer = { bits: new Uint8Array(bits / 8), room: bits / BITS_PER_ID };
      this.#layers.push(layer);
    }
    layer.room--;
    const { bits } = layer;
    eachBit(id, bits.length * 8, (bit) => {
      bits[bit >>> 3] = (bits[bit >>> 3] ?? 0) | (1 << (bit & 7));
      return true;
    });
  }

  mayHave(id: string): boolean {
    return this.#layers.some(({ bits }) => eachBit(id, bits.length * 8, (bit) => ((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0));
  }

  get bytes(): number {
    return this.#layers.reduce((sum, { bits }) => sum + bits.length, 0);
  }
}

/** Calls back with each bit of an id while the answer is true; the size is a power of two. */
const eachBit = (id: string, size: number, isOn: (bit: number) => boolean): boolean => {
  const start = hashOf(id, 0x811c9dc5);
  const step = hashOf(id, 0x9e3779b9) | 1;
  for (let index = 0; index < HASHES; index++) if (!isOn(((start + Math.imul(index, step)) >>> 0) & (size - 1))) return false;
  return true;
};

/** FNV-1a over the UTF-16 units, mixed at the end so that the low bits depend on all. */
const hashOf = (text: string, seed: number): number => {
  let hash = seed;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};
