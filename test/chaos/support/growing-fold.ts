// The expected state of one projection at a position that only moves forward: each event is folded once.
import type { Position, RecordedEvent } from '@mainstem/event-store';
import type { DocumentProjection } from '@mainstem/projection';
import type { GenerationSnapshot, ProjectionDocument } from '@mainstem/projection/adapter';
import { canonical, compare, differenceOf } from './canonical.js';
import { collectionsOf, DigestOracle, foldInto, type Collections } from './oracle-fold.js';

const PAGE_SIZE = 17;
const PARKED_MAX = 10_000;

/** An event that cannot be folded is parked, with all later ones of its key. The key is the stream. */
export class GrowingFold {
  readonly #documents = new Map<string, ProjectionDocument>();
  readonly #digest = new DigestOracle();
  readonly #parked: string[] = [];
  readonly #parkedStreams = new Set<string>();
  #folded = 0;
  #position: Position | undefined;

  constructor(readonly projection: DocumentProjection) {}

  /**
   * The difference from the fold up to the snapshot's checkpoint, in words; undefined if none. `all`: every event, in
   * order.
   */
  async flawOf(snapshot: GenerationSnapshot, all: readonly RecordedEvent[]): Promise<string | undefined> {
    const { checkpoint } = snapshot.generation;
    const name = `${this.projection.name} (generation ${snapshot.generation.number}) at ${checkpoint.position}`;
    if (this.#position !== undefined && (checkpoint.position ?? 0n) < this.#position) return `${name} went back from ${this.#position}`;
    if (!this.#advance(checkpoint.position, all)) return `${name} is beyond the last event`;
    if (checkpoint.digest !== this.#digest.toString()) return `${name} has digest ${checkpoint.digest}, should be ${this.#digest.toString()}`;
    const expected = [...linesOf(collectionsOf(this.projection, this.#documents)), ...this.#parked];
    const difference = differenceOf([...(await storedLines(snapshot, this.projection)), ...(await parkedLines(snapshot))], expected);
    return difference && `${name}: ${difference}`;
  }

  #advance(position: Position | undefined, all: readonly RecordedEvent[]): boolean {
    if (position === undefined) return true;
    for (let event = all[this.#folded]; event && event.position <= position; event = all[++this.#folded]) {
      if (this.projection.wanted.has(event.type)) this.#fold(event);
    }
    this.#position = position;
    return position <= (all.at(-1)?.position ?? 0n);
  }

  #fold(recorded: RecordedEvent): void {
    this.#digest.add(recorded);
    if (this.#parkedStreams.has(recorded.stream)) {
      this.#parked.push(parkedLine(recorded, false));
      return;
    }
    try {
      foldInto(this.#documents, this.projection, this.projection.wanted.decode(recorded));
    } catch {
      this.#parkedStreams.add(recorded.stream);
      this.#parked.push(parkedLine(recorded, true));
    }
  }
}

const parkedLine = ({ stream, position, type, revision }: Pick<RecordedEvent, 'stream' | 'position' | 'type' | 'revision'>, hasError: boolean) =>
  `parked ${position} ${stream}@${revision} ${type} ${hasError ? 'with its error' : 'behind another one'}`;

const parkedLines = async (snapshot: GenerationSnapshot): Promise<readonly string[]> =>
  (await snapshot.parked({ limit: PARKED_MAX })).map((event) => parkedLine(event, event.error !== ''));

const linesOf = (collections: Collections): readonly string[] =>
  [...collections]
    .toSorted(([left], [right]) => compare(left, right))
    .flatMap(([collection, documents]) =>
      [...documents].toSorted(([left], [right]) => compare(left, right)).map(([key, document]) => `${collection} ${key} ${canonical(document)}`),
    );

const storedLines = async (snapshot: GenerationSnapshot, { collections }: DocumentProjection): Promise<readonly string[]> => {
  const lines: string[] = [];
  for (const { name } of collections.toSorted((left, right) => compare(left.name, right.name))) {
    for (let after: string | undefined, isLast = false; !isLast;) {
      const page = await snapshot.scan(name, { limit: PAGE_SIZE, ...(after !== undefined && { after }) });
      lines.push(...page.map(([key, document]) => `${name} ${key} ${canonical(document)}`));
      isLast = page.length < PAGE_SIZE;
      after = page.at(-1)?.[0];
    }
  }
  return lines;
};
