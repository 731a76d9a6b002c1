// The rolling digest shows that two read models have applied the same events in the same order, without a gap.
import type { EventId, Position } from '@mainstem/event-store';

/** Digest of a read model without applied events. */
export const EMPTY_DIGEST = '0000000000000000';

const DIGEST = /^[0-9a-f]{16}$/;
const TWO_POW_32 = 4_294_967_296;

/**
 * Hash over the positions and ids of events in the order of applying. It can be resumed from its text, so it does not
 * depend on batches or restarts. Leaving out, repeating or swapping events changes it (64 bits: by chance it stays with
 * 1 in 10¹⁹).
 *
 * Two lanes of 32 bits, each fed with 32-bit words by the block step of MurmurHash3 (Appleby, public domain; constants
 * of the x86_128 variant). Words of an event: low and high half of the position, then its id, four characters a word,
 * lowest byte first. After each event the lanes are added to each other. Every step can be undone, so two different
 * states never become equal through the same event. It protects against faults, not against forgery.
 */
export class RollingDigest {
  #a: number;
  #b: number;

  /** Resumes from the text of a digest. */
  constructor(text: string = EMPTY_DIGEST) {
    if (!DIGEST.test(text)) throw new TypeError(`a digest has 16 hex digits, got ${JSON.stringify(text)}`);
    this.#a = parseInt(text.slice(0, 8), 16) | 0;
    this.#b = parseInt(text.slice(8), 16) | 0;
  }

  add(position: Position, id: EventId): void {
    // A conversion, no bigint arithmetic: this runs for every event. Beyond 2⁵³ it rounds, in the same way everywhere.
    const place = Number(position);
    this.#word(place >>> 0);
    this.#word(Math.floor(place / TWO_POW_32) | 0);
    for (let index = 0; index < id.length; index += 4) {
      this.#word(id.charCodeAt(index) | (id.charCodeAt(index + 1) << 8) | (id.charCodeAt(index + 2) << 16) | (id.charCodeAt(index + 3) << 24));
    }
    this.#a = (this.#a + this.#b) | 0;
    this.#b = (this.#b + this.#a) | 0;
  }

  toString(): string {
    return hex(this.#a) + hex(this.#b);
  }

  #word(word: number): void {
    let k = Math.imul(word, 0x239b961b);
    k = Math.imul((k << 15) | (k >>> 17), 0xab0e9789 | 0);
    const a = this.#a ^ k;
    this.#a = (Math.imul((a << 19) | (a >>> 13), 5) + 0x561ccd1b) | 0;
    k = Math.imul(word, 0x38b34ae5);
    k = Math.imul((k << 16) | (k >>> 16), 0xa1e38b93 | 0);
    const b = this.#b ^ k;
    this.#b = (Math.imul((b << 17) | (b >>> 15), 5) + 0x0bcaa747) | 0;
  }
}

const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, '0');
