// Parts of all keys, by a stable hash: what is folded in one pass, and what a sample takes.
import { mixed } from '../read-store/key-hash.js';

/** The keys whose hash ends in these bits. With no bits: all keys. */
export interface KeySlice {
  readonly bits: number;
  readonly index: number;
}

export const ALL_KEYS: KeySlice = { bits: 0, index: 0 };
/** A slice is not split further. */
export const SLICE_BITS_MAX = 24;

/** Both halves of a slice; together they are the slice. */
export const halvesOf = ({ bits, index }: KeySlice): readonly [KeySlice, KeySlice] => [
  { bits: bits + 1, index },
  { bits: bits + 1, index: index + 2 ** bits },
];

export const isInSlice = (hash: number, { bits, index }: KeySlice): boolean => (hash & (2 ** bits - 1)) === index;

/** Whether a sample of this share (0 to 1) takes the key. The same keys always; those of a smaller share are among those of a larger one. */
export const isSampled = (hash: number, share: number): boolean => share >= 1 || mixed(hash ^ 0x5bd1e995) >>> 0 < share * 2 ** 32;
