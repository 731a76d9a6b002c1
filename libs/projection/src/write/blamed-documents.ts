// Documents of one event that may have caused a refused commit: a store may refuse several at once, or a common group.
import type { Position } from '@mainstem/event-store';
import type { Condemned } from '../fold/parking.js';

/** If an event has more documents, all are parked, instead of being tried one by one. */
const TRIED_MAX = 16;

export class BlamedDocuments {
  #position: Position | undefined;
  readonly #keys = new Set<string>();

  /** Only the last event is remembered: nothing after it is written before it is settled. */
  blame(position: Position, key: string): void {
    if (position !== this.#position) this.#keys.clear();
    this.#position = position;
    this.#keys.add(key);
  }

  /** What to park, tried until a commit succeeds: one document, then all but one, then all condemned ones. */
  trialsOf(condemned: readonly Condemned[]): readonly (readonly Condemned[])[] {
    if (this.#keys.size === 0) return [condemned];
    const together = condemned.filter(({ position }) => position === this.#position);
    if (together.length < 2 || together.length > TRIED_MAX || !together.some(({ key }) => this.#keys.has(key))) return [condemned];
    const others = condemned.filter(({ position }) => position !== this.#position);
    const alone = together.map((one) => [...others, one]);
    const allButOne = together.length > 2 ? together.map((spared) => [...others, ...together.filter((one) => one !== spared)]) : [];
    return [...alone, ...allButOne, condemned];
  }
}
