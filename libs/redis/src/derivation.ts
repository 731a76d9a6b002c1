// Derives boards and expiry of a whole collection anew, beside the current ones, and replaces those in one step.
import type { CacheCollectionOptions } from '@mainstem/projection';
import { CheckpointMoved, GenerationDamaged, type ProjectionDocument } from '@mainstem/projection/adapter';
import { DerivedArguments } from './commit-arguments.js';
import type { StoredCollection } from './generation-records.js';
import { type ReadingParts, scanPage } from './redis-snapshot.js';
import { scriptOf } from './redis-connection.js';
import { DERIVE, SWITCH } from './scripts/commit.js';

/** The number of documents that one step of a derivation holds in memory. */
const PAGE = 1_000;

export interface DerivationOwner {
  readonly projection: string;
  readonly number: number;
  /** The session that is being opened: no other one commits meanwhile. */
  readonly session: string;
}

/**
 * Returns the new state of the collection. Errors: READ_STORE_CHECKPOINT_MOVED, READ_STORE_DAMAGED,
 * READ_STORE_INVALID_DOCUMENT, READ_STORE_UNAVAILABLE.
 */
export const deriveAnew = async (
  parts: ReadingParts,
  { projection, number, session }: DerivationOwner,
  stored: StoredCollection,
  { declaration, options }: { readonly declaration: string; readonly options: CacheCollectionOptions | undefined },
): Promise<StoredCollection> => {
  const { connection, keys } = parts;
  const derivation = stored.derivation + 1;
  const run = async (script: typeof SCRIPTS.derive, args: readonly (string | number)[]): Promise<void> => {
    const reply = await connection.run(script, [keys.meta, keys.root], [number, session, stored.name, derivation, ...args]);
    const [status, damage = ''] = reply as [string, string?];
    if (status === 'moved') throw new CheckpointMoved(projection, number);
    if (status === 'damaged') throw new GenerationDamaged(projection, number, damage);
  };
  for (let after: string | undefined, isFirst = true; ; isFirst = false) {
    const page = await scanPage(parts, { projection, number, collection: stored.name }, { limit: PAGE, ...(after !== undefined && { after }) });
    const derived = new DerivedArguments();
    const args = [isFirst ? '1' : '0', String(page.length)];
    for (const [key] of page) args.push(key, '');
    for (const [key, document] of page) derived.add(stored.name, options, key, document as ProjectionDocument);
    derived.pushBoards(args);
    derived.pushExpiries(args);
    await run(SCRIPTS.derive, args);
    after = page.at(-1)?.[0];
    if (after === undefined || page.length < PAGE) break;
  }
  await run(SCRIPTS.switch, [declaration]);
  return { ...stored, declaration, derivation };
};

const SCRIPTS = { derive: scriptOf(DERIVE), switch: scriptOf(SWITCH) };
