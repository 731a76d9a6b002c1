// Slices of all keys, by a stable hash: the keys of one pass, and of a sample.
import { mixed } from '../read-store/key-hash.js';

/** The keys whose hash ends in these bits. With no bits: all keys. */
export interface KeySlice {
  readonly bits: number;
  readonly index: number;
}

export const ALL_KEYS: KeySlice = { bits: 0, index: 0 };
/** A slice is not split further. */
export const SLICE_BITS_MAX = 24;

export const halvesOf = ({ bits, index }: KeySlice): readonly [KeySlice, KeySlice] => [
  { bits: bits + 1, index },
  { bits: bits + 1, index: index + 2 ** bits },
];

export const isInSlice = (hash: number, { bits, index }: KeySlice): boolean => (hash & (2 ** bits - 1)) === index;

/** True if a sample of this share (0 to 1) has the key. Samples are stable; a larger share contains a smaller one. */
export const isSampled = (hash: number, share: number): boolean => share >= 1 || mixed(hash ^ 0x5bd1e995) >>> 0 < share * 2 ** 32;
