// The commands with events in a stream: the last ones exactly, earlier ones in a filter that may wrongly say yes.
import type { Position, Revision } from '@mainstem/event-store';
import { IdFilter, type FilterLayer } from './id-filter.js';

/** The places of one command's events in their stream. */
export interface CommandPlace {
  readonly first: Revision;
  readonly last: Revision;
  readonly position: Position;
  /** Of its content, if its context had one; see `CommandContext.fingerprint`. */
  readonly fingerprint?: string | undefined;
}

/** Known commands at one moment. */
export interface CapturedCommands {
  /** The last ids with their places, in order. */
  readonly places: readonly (readonly [id: string, place: CommandPlace])[];
  /** A filter of all ids; empty if each has its place. */
  readonly layers: readonly FilterLayer[];
}

/** The memory of a kept id and its place, besides its characters. */
const PLACE_BYTES = 200;

export class KnownCommands {
  readonly #recent = new Map<string, CommandPlace>();
  /** The ids of the map in a ring: to find its first one, a map steps over all that were deleted before it. */
  readonly #order: string[] = [];
  #next = 0;
  /** Of long streams alone. */
  #filter: IdFilter | undefined;
  #characters = 0;

  /**
   * @param recentMax ids that are kept with their places.
   * @param capturedMax places of a capture. The filter of a longer stream then has all ids, also those with a place.
   */
  constructor(
    readonly recentMax: number,
    private readonly capturedMax?: number,
  ) {}

  /** Goes on from a capture. The layers belong to the known commands from now on. */
  static from({ places, layers }: CapturedCommands, recentMax: number, capturedMax: number): KnownCommands {
    const known = new KnownCommands(recentMax, capturedMax);
    if (layers.length === 0) {
      for (const [id, place] of places) known.set(id, place);
      return known;
    }
    // The filter has them all.
    known.#filter = new IdFilter(layers);
    for (const [id, place] of places.slice(-recentMax)) {
      known.#recent.set(id, place);
      known.#characters += id.length;
      known.#order[known.#next] = id;
      known.#next = (known.#next + 1) % recentMax;
    }
    return known;
  }

  get(commandId: string): CommandPlace | undefined {
    return this.#recent.get(commandId);
  }

  /**
   * For an id without a place: true if it may belong to a command whose place is not kept any more, which only the
   * stream can tell.
   */
  mayHaveForgotten(commandId: string): boolean {
    return this.#filter !== undefined && this.#filter.mayHave(commandId);
  }

  set(commandId: string, place: CommandPlace): void {
    const { size } = this.#recent;
    this.#recent.set(commandId, place);
    if (this.#recent.size === size) return;
    this.#characters += commandId.length;
    if (this.capturedMax !== undefined) this.#filterAll(commandId, this.capturedMax);
    if (size === this.recentMax) this.#forget(this.#order[this.#next] as string);
    this.#order[this.#next] = commandId;
    this.#next = (this.#next + 1) % this.recentMax;
  }

  /** What is known now. Only with `capturedMax`. */
  captured(): CapturedCommands {
    const places: (readonly [string, CommandPlace])[] = [];
    for (let back = Math.min(this.#recent.size, this.capturedMax ?? 0); back > 0; back--) {
      const id = this.#order[(this.#next - back + this.recentMax) % this.recentMax] as string;
      places.push([id, this.#recent.get(id) as CommandPlace]);
    }
    return { places, layers: this.#filter?.captured() ?? [] };
  }

  /** The number of ids kept with their places. */
  get size(): number {
    return this.#recent.size;
  }

  get bytes(): number {
    return this.#recent.size * PLACE_BYTES + 2 * this.#characters + (this.#filter?.bytes ?? 0);
  }

  #forget(oldest: string): void {
    this.#recent.delete(oldest);
    this.#characters -= oldest.length;
    if (this.capturedMax === undefined) (this.#filter ??= new IdFilter()).add(oldest);
  }

  /** A short stream needs no filter: all its ids have their places. */
  #filterAll(newest: string, capturedMax: number): void {
    if (this.#filter) return this.#filter.add(newest);
    if (this.#recent.size <= Math.min(capturedMax, this.recentMax)) return;
    this.#filter = new IdFilter();
    for (const id of this.#recent.keys()) this.#filter.add(id);
  }
}
