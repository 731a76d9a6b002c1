// A batch as arguments of its commit script. Documents are checked, and boards derived, before anything is sent.
import type { CacheCollections, CacheCollectionOptions } from '@mainstem/projection';
import { type CommitBatch, derivedOf, encodeDocument, eventMarkText, type CollectionChanges, toStorableText } from '@mainstem/projection/adapter';
import type { ProjectionDocument } from '@mainstem/projection/adapter';
import { textOf } from '../bookkeeping/generation-records.js';
import { encodeParked, orderedPosition } from '../bookkeeping/parked-records.js';
import { encodeBoards, storedScore } from '../layout/boards.js';

/** The session and its last state, which the script compares. */
export interface CommitClaim {
  readonly number: number;
  /** See `partField`. */
  readonly part: string;
  readonly session: string;
  readonly commits: string;
  readonly updatedAt: string;
}

/** Errors: READ_STORE_INVALID_DOCUMENT. */
export const commitArguments = (
  { number, part, session, commits, updatedAt }: CommitClaim,
  { changes, checkpoint, park = [], unpark = [] }: CommitBatch,
  collections: CacheCollections,
): string[] => {
  const { from, to, digest, lastEvent } = checkpoint;
  const args = [
    String(number),
    part,
    session,
    commits,
    textOf(from),
    textOf(to),
    digest,
    eventMarkText(lastEvent) ?? '',
    updatedAt,
    String(changes.length),
  ];
  for (const change of changes) pushChanges(args, change, collections[change.collection]);
  args.push(String(unpark.length), String(park.length));
  for (const { key, position } of unpark) args.push(toStorableText(key), orderedPosition(position));
  for (const event of park) args.push(toStorableText(event.key), orderedPosition(event.position), encodeParked(event));
  return args;
};

const pushChanges = (args: string[], { collection, upserts, deletes }: CollectionChanges, options: CacheCollectionOptions | undefined): void => {
  args.push(collection, String(deletes.length), String(upserts.size), options?.boards ? '1' : '0', options?.expiresAt ? '1' : '0');
  for (const key of deletes) args.push(key);
  for (const [key, document] of upserts) args.push(key, encodeDocument(collection, key, document));
  const derived = options && new DerivedArguments();
  if (!derived) return;
  for (const [key, document] of upserts) derived.add(collection, options, key, document);
  if (options.boards) derived.pushBoards(args);
  if (options.expiresAt) derived.pushExpiries(args);
};

/** Boards and expiry of documents, in the order of the script's arguments. */
export class DerivedArguments {
  readonly #boards: string[] = [];
  readonly #places = new Map<string, string[]>();
  readonly #expiries: string[] = [];

  /** Errors: READ_STORE_INVALID_DOCUMENT. */
  add(collection: string, options: CacheCollectionOptions | undefined, key: string, document: ProjectionDocument): void {
    const { places, expiresAt } = derivedOf(options, collection, key, document);
    for (const [board, score] of places) {
      const entries = this.#places.get(board);
      if (entries) entries.push(storedScore(score), key);
      else this.#places.set(board, [storedScore(score), key]);
    }
    this.#boards.push(encodeBoards(places.keys()));
    this.#expiries.push(expiresAt === null ? '' : String(expiresAt));
  }

  pushBoards(args: string[]): void {
    for (const boards of this.#boards) args.push(boards);
    args.push(String(this.#places.size));
    for (const [board, entries] of this.#places) {
      args.push(board, String(entries.length / 2));
      for (const entry of entries) args.push(entry);
    }
  }

  pushExpiries(args: string[]): void {
    for (const expiresAt of this.#expiries) args.push(expiresAt);
  }
}
