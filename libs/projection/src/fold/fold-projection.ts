// Folds a document projection in memory, without stores: for tests, and to compute an expected read model.
import type { RecordedEvent } from '@mainstem/event-store';
import type { DocumentProjection } from '../definition/document-projection.js';
import type { RollUp } from '../definition/roll-up.js';
import { EMPTY_DIGEST } from '../read-store/rolling-digest.js';
import { ProjectionFailed } from './errors.js';
import type { ProjectionDocument } from '../read-store/read-store.js';
import { DocumentPlan } from './document-batch.js';
import { Parking } from './parking.js';
import { contributionOf, RollUpGroup } from './roll-up-group.js';

/** Documents by key, by collection; roll-ups without the engine's bookkeeping. */
export type FoldedCollections = ReadonlyMap<string, ReadonlyMap<string, ProjectionDocument>>;

/**
 * The content of the projection's collections after exactly these events. Roll-ups are computed from the documents at
 * the end. Memory grows with the documents. Errors: PROJECTION_FAILED for the first event that cannot be folded.
 */
export const foldProjection = (projection: DocumentProjection, events: readonly RecordedEvent[]): FoldedCollections => {
  const plan = new DocumentPlan(projection, events, EMPTY_DIGEST, new Parking(new Map(), [], 0));
  const { after, poison = plan.poison } = plan.fold(plan.keys.map(() => null));
  if (poison) throw new ProjectionFailed(projection.name, poison.key, poison.event.position, poison.event.type, poison.error);
  const documents = new Map<string, ProjectionDocument>();
  plan.keys.forEach((key, slot) => {
    const document = after[slot];
    if (document) documents.set(key, document);
  });
  const rollUps = projection.rollUps.map((rollUp) => [rollUp.name, groupsOf(rollUp, documents.values())] as const);
  return new Map<string, ReadonlyMap<string, ProjectionDocument>>([[projection.name, documents], ...rollUps]);
};

const groupsOf = (rollUp: RollUp<ProjectionDocument>, documents: Iterable<ProjectionDocument>): Map<string, ProjectionDocument> => {
  const groups = new Map<string, RollUpGroup>();
  for (const document of documents) {
    const contribution = contributionOf(rollUp, document);
    if (!contribution) continue;
    const group = groups.get(contribution.group) ?? new RollUpGroup(rollUp);
    group.add(contribution);
    groups.set(contribution.group, group);
  }
  return new Map([...groups].map(([name, group]) => [name, withoutState(group.document(name))]));
};

const withoutState = (document: ProjectionDocument | null): ProjectionDocument => {
  const { $state: _, ...shown } = (document ?? {}) as { readonly $state?: unknown };
  return shown;
};
