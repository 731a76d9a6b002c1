// Derives boards and expiry of a whole collection anew, beside the current ones, and replaces those in one step.
import type { CacheCollectionOptions, CacheCollections } from '@mainstem/projection';
import {
  CheckpointMoved,
  declarationOf,
  expiresOtherwise,
  FingerprintMismatch,
  GenerationDamaged,
  type ProjectionDocument,
} from '@mainstem/projection/adapter';
import type { StoredCollection, StoredGeneration } from '../bookkeeping/generation-records.js';
import { type ReadingParts, scanPage } from '../read/snapshot.js';
import { DERIVE, SWITCH } from '../scripts/commit.js';
import { scriptOf } from '../server/redis-connection.js';
import { DerivedArguments } from './commit-arguments.js';

/** The number of documents that one step of a derivation holds in memory. */
const PAGE = 1_000;

/**
 * The collections of an opened generation, with boards of another declaration derived anew by the session that is being
 * opened: no other one commits meanwhile. Errors: READ_STORE_FINGERPRINT_MISMATCH for another expiry or a partitioned
 * generation, READ_STORE_CHECKPOINT_MOVED, READ_STORE_DAMAGED, READ_STORE_INVALID_DOCUMENT, READ_STORE_UNAVAILABLE.
 */
export const asDeclared = async (
  parts: ReadingParts,
  { projection, number, partitions, collections }: StoredGeneration,
  session: string,
  options: CacheCollections,
): Promise<readonly StoredCollection[]> => {
  const derived: StoredCollection[] = [];
  for (const stored of collections) {
    const declared = { options: options[stored.name], declaration: declarationOf(options[stored.name]) };
    const isSame = declared.declaration === stored.declaration;
    // Other parts are written meanwhile, so nothing can be derived in place. And a derivation cannot replace a fold.
    if (!isSame && (partitions || expiresOtherwise(declared.declaration, stored.declaration))) throw new FingerprintMismatch(projection, number);
    derived.push(isSame ? stored : await deriveAnew(parts, { projection, number, session }, stored, declared));
  }
  return derived;
};

interface DerivationOwner {
  readonly projection: string;
  readonly number: number;
  readonly session: string;
}

/** Returns the new state of the collection. */
const deriveAnew = async (
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
