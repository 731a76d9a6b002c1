// Updates the roll-ups of a document projection for changed documents.
import type { RollUp } from '../definition/roll-up.js';
import type { CollectionChanges, ProjectionDocument, ReadStoreSession } from '../read-store/read-store.js';
import type { MaybeDocument } from '../fold/document-batch.js';
import { DocumentCache, estimateBytes } from '../fold/document-cache.js';
import { contributionOf, isSameContribution, RollUpGroup, type Contribution } from '../fold/roll-up-group.js';

/** A document before and after the batch. */
export interface DocumentChange {
  readonly key: string;
  readonly before: MaybeDocument;
  readonly after: MaybeDocument;
}

/** A measure or groupBy failed on the document of this key. */
export class ContributionFailed extends Error {
  constructor(
    readonly key: string,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

interface Difference {
  readonly key: string;
  readonly removed: Contribution | null;
  readonly added: Contribution | null;
}

/** Changed groups of one roll-up, ready for the commit; call `settle` after it to update the cache. */
export interface RollUpChanges {
  readonly changes: CollectionChanges;
  /** The documents that have changed this group, or any if unknown; those that were added to it come first. */
  suspectsOf(group: string | undefined): readonly string[];
  settle(): void;
}

/**
 * The groups after these changes of documents. Loads those that are not cached. Errors: ContributionFailed, and those
 * of the read store. After an error, or if the commit fails, the cache must be dropped: its groups have been changed.
 */
export const rollUpChanges = async (
  rollUp: RollUp<ProjectionDocument>,
  documents: readonly DocumentChange[],
  session: ReadStoreSession,
  cache: DocumentCache<RollUpGroup>,
): Promise<RollUpChanges> => {
  const differences = documents.map((change) => differenceOf(rollUp, change)).filter((difference) => difference !== null);
  const names = new Set<string>();
  for (const { removed, added } of differences) {
    if (removed) names.add(removed.group);
    if (added) names.add(added.group);
  }
  const groups = await loadGroups(rollUp, [...names], session, cache);
  for (const difference of differences) apply(difference, groups);
  for (const [name, group] of groups) assertInBounds(name, group, differences);
  const changes = groupChanges(rollUp, groups, cache);
  // An addition is blamed before a removal: the group was stored with what is removed.
  const suspectsOf = (group: string | undefined): readonly string[] => {
    const isOf = (contribution: Contribution | null): boolean => contribution !== null && (group === undefined || contribution.group === group);
    const adding = differences.filter(({ added }) => isOf(added));
    return (adding.length > 0 ? adding : differences.filter(({ removed }) => isOf(removed))).map(({ key }) => key);
  };
  return { ...changes, suspectsOf };
};

const differenceOf = (rollUp: RollUp<ProjectionDocument>, { key, before, after }: DocumentChange): Difference | null => {
  try {
    const removed = contributionOf(rollUp, before);
    const added = contributionOf(rollUp, after);
    return isSameContribution(removed, added) ? null : { key, removed, added };
  } catch (error) {
    throw new ContributionFailed(key, error);
  }
};

const loadGroups = async (
  rollUp: RollUp<ProjectionDocument>,
  names: readonly string[],
  session: ReadStoreSession,
  cache: DocumentCache<RollUpGroup>,
): Promise<Map<string, RollUpGroup>> => {
  const groups = new Map<string, RollUpGroup>();
  for (const name of names) {
    const cached = cache.get(name);
    if (cached) groups.set(name, cached);
  }
  const missing = names.filter((name) => !groups.has(name));
  const stored = missing.length > 0 && !cache.isComplete ? await session.load(rollUp.name, missing) : new Map<string, ProjectionDocument>();
  for (const name of missing) groups.set(name, new RollUpGroup(rollUp, stored.get(name)));
  return groups;
};

const apply = ({ key, removed, added }: Difference, groups: ReadonlyMap<string, RollUpGroup>): void => {
  try {
    if (removed) groups.get(removed.group)?.remove(removed);
    if (added) groups.get(added.group)?.add(added);
  } catch (error) {
    throw new ContributionFailed(key, error);
  }
};

/** Blames the document that has pushed furthest, in any order; of several the one with the smallest key. */
const assertInBounds = (name: string, group: RollUpGroup, differences: readonly Difference[]): void => {
  const overflow = group.overflow();
  if (!overflow) return;
  const { measure, sign, error } = overflow;
  const part = (contribution: Contribution | null): bigint => BigInt(contribution?.group === name ? (contribution.values[measure] ?? 0) : 0);
  const pushes = differences.map(({ key, removed, added }) => ({ key, push: (part(added) - part(removed)) * BigInt(sign) }));
  const furthest = pushes.reduce((one, other) => (other.push > one.push || (other.push === one.push && other.key < one.key) ? other : one));
  throw new ContributionFailed(furthest.key, error);
};

const groupChanges = (
  rollUp: RollUp<ProjectionDocument>,
  groups: ReadonlyMap<string, RollUpGroup>,
  cache: DocumentCache<RollUpGroup>,
): Omit<RollUpChanges, 'suspectsOf'> => {
  const upserts = new Map<string, ProjectionDocument>();
  const deletes: string[] = [];
  for (const [name, group] of groups) {
    const document = group.document(name);
    if (document) upserts.set(name, document);
    else deletes.push(name);
  }
  const settle = (): void => {
    for (const [name, group] of groups) {
      const document = upserts.get(name);
      // The totals in memory cost about as much as their document as text.
      if (document) cache.set(name, group, 2 * estimateBytes(document));
      else cache.delete(name);
    }
  };
  return { changes: { collection: rollUp.name, upserts, deletes }, settle };
};
