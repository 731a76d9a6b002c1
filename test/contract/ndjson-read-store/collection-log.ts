// To which projection a collection belongs: one file of lines for all projections, judged by the order of the lines.
import { CollectionTaken, ReadStoreUnavailable } from '@mainstem/projection/adapter';
import { LineFile } from './line-file.js';

// #region collections
/** `claim` takes all of these or none; `keep` gives up all others. */
interface CollectionLine {
  readonly do: 'claim' | 'keep';
  readonly projection: string;
  readonly collections: readonly string[];
}

export class CollectionLog {
  readonly #file: LineFile;
  readonly #owners = new Map<string, string>();

  constructor(path: string) {
    this.#file = new LineFile(path);
  }

  /** Errors: PROJECTION_INVALID_DEFINITION for a collection of another projection; READ_STORE_UNAVAILABLE. */
  claim(projection: string, collections: readonly string[]): void {
    this.#write({ do: 'claim', projection, collections });
    for (const collection of collections) {
      const owner = this.#owners.get(collection);
      if (owner === undefined) throw new ReadStoreUnavailable('ndjson', 'a line is not in its file: something else writes to it');
      if (owner !== projection) throw new CollectionTaken(projection, collection, owner);
    }
  }

  keep(projection: string, collections: readonly string[]): void {
    this.#write({ do: 'keep', projection, collections });
  }

  #apply({ do: what, projection, collections }: CollectionLine): void {
    if (what === 'keep') {
      for (const [name, owner] of this.#owners) if (owner === projection && !collections.includes(name)) this.#owners.delete(name);
    } else if (collections.every((name) => (this.#owners.get(name) ?? projection) === projection)) {
      for (const name of collections) this.#owners.set(name, projection);
    }
  }
  // #endregion

  owners(): readonly string[] {
    this.#readOn();
    return [...this.#owners.values()];
  }

  close(): void {
    this.#file.close();
  }

  #write(line: CollectionLine): void {
    this.#file.append(JSON.stringify(line));
    this.#readOn();
  }

  #readOn(): void {
    for (const text of this.#file.news()) {
      const read = parsed(text);
      if (read) this.#apply(read);
    }
  }
}

/** Undefined for a line that a crash has cut off. */
const parsed = (text: string): CollectionLine | undefined => {
  try {
    return JSON.parse(text) as CollectionLine;
  } catch {
    return undefined;
  }
};
