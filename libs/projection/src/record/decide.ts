// The life of generations, decided once for all stores by pure functions, with which every store is compared.
import { isMainstemError, type MainstemError } from '@mainstem/event-store';
import { CollectionTaken } from '../definition/errors.js';
import { CheckpointMoved, FingerprintMismatch, GenerationServes, UnknownGeneration } from '../read-store/errors.js';
import { assertPromotable } from '../read-store/promotion-rules.js';
import { EMPTY_DIGEST } from '../read-store/rolling-digest.js';
import { describedIn, generationIn, servingIn, type GenerationRecord, type PartRecord, type ProjectionRecord } from './projection-record.js';
import type { Claim, Commit, Create, Drop, Effect, FinishBulk, Open, Promote, RecordCommand } from './record-command.js';

/** The result of a command. */
export interface Decided {
  readonly record: ProjectionRecord;
  /** Carry them out in this order, in the same step as the change of the record. */
  readonly effects: readonly Effect[];
  /** Number of the command's generation; absent for `forget`. */
  readonly generation?: number;
  /** Throw it after storing the record: the command is refused, but the record has changed. */
  readonly refusal?: MainstemError;
}

/** The projection that a collection belongs to; undefined for a free one. */
export type OwnerOf = (collection: string) => string | undefined;

/**
 * The record after a command. A refused command throws and changes nothing. Errors: READ_STORE_UNKNOWN_GENERATION,
 * READ_STORE_FINGERPRINT_MISMATCH, READ_STORE_CHECKPOINT_MOVED, READ_STORE_GENERATION_BEHIND,
 * READ_STORE_GENERATION_NOT_READY, READ_STORE_GENERATION_SERVES, PROJECTION_INVALID_DEFINITION for a collection of
 * another projection.
 */
export const decide = (record: ProjectionRecord, command: RecordCommand, ownerOf: OwnerOf): Decided => {
  switch (command.do) {
    case 'create':
      return create(record, command, ownerOf);
    case 'open':
      return open(record, command);
    case 'commit':
      return commit(record, command);
    case 'finish-bulk':
      return finishBulk(record, command);
    case 'promote':
      return promote(record, command);
    case 'drop':
      return drop(record, command);
    case 'forget':
      return forget(record);
  }
};

const create = (record: ProjectionRecord, command: Create, ownerOf: OwnerOf): Decided => {
  const { projection, generations } = record;
  const { version, fingerprint, incarnation, collections, partitions, isBulk, isSide, at } = command;
  for (const collection of collections) {
    const owner = ownerOf(collection) ?? projection;
    if (owner !== projection) throw new CollectionTaken(projection, collection, owner);
  }
  const number = record.lastNumber + 1;
  const state = isSide ? 'side' : isBulk || servingIn(record) ? 'filling' : 'serving';
  const part: PartRecord = { epoch: 0, position: undefined, digest: EMPTY_DIGEST, updatedAt: at };
  const parts = Array.from({ length: partitions }, () => part);
  const described = { number, state, version, fingerprint, incarnation, isBulk, createdAt: at, updatedAt: at, collections, parts } as const;
  const effects: Effect[] = [{ do: 'make', generation: number }];
  if (state === 'serving') effects.push({ do: 'show', generation: number, former: undefined });
  return { record: { ...record, lastNumber: number, generations: [...generations, described] }, effects, generation: number };
};

/** Fences off every older session of the part. */
const open = (record: ProjectionRecord, { generation, partition, fingerprint }: Open): Decided => {
  const found = generationIn(record, generation);
  if (!found.parts[partition]) throw new UnknownGeneration(record.projection, generation);
  if (found.fingerprint !== fingerprint) throw new FingerprintMismatch(record.projection, generation);
  const opened = withPart(found, partition, fenced);
  return { record: withGeneration(record, opened), effects: [{ do: 'begin', generation }], generation };
};

const commit = (record: ProjectionRecord, { move, at, ...claim }: Commit): Decided => {
  const { found, part } = claimedIn(record, claim);
  if (part.position !== move.from) throw new CheckpointMoved(record.projection, claim.generation);
  const { to, digest, lastEvent } = move;
  const moved: PartRecord = { epoch: claim.epoch, position: to, digest, ...(lastEvent && { lastEvent }), updatedAt: at };
  return {
    record: withGeneration(
      record,
      withPart(found, claim.partition, () => moved),
    ),
    effects: [],
    generation: claim.generation,
  };
};

const finishBulk = (record: ProjectionRecord, { at, ...claim }: FinishBulk): Decided => {
  const { found } = claimedIn(record, claim);
  const { generation } = claim;
  const effects: readonly Effect[] = found.isBulk ? [{ do: 'complete', generation }] : [];
  return { record: withGeneration(record, { ...found, isBulk: false, updatedAt: at }), effects, generation };
};

const promote = (record: ProjectionRecord, { generation, isForced, fencesWriter, at }: Promote): Decided => {
  const next = generationIn(record, generation);
  const former = servingIn(record);
  if (next === former) return { record, effects: [], generation };
  try {
    assertPromotable(describedIn(record, next), former && describedIn(record, former), { isForced });
  } catch (error) {
    if (!fencesWriter || !former || !isMainstemError(error, 'READ_STORE_GENERATION_BEHIND')) throw error;
    return { record: withGeneration(record, allFenced(former)), effects: [], generation, refusal: error };
  }
  const retired = former ? withGeneration(record, { ...allFenced(former), state: 'retired', updatedAt: at }) : record;
  const effects: readonly Effect[] = [{ do: 'show', generation, former: former?.number }];
  return { record: withGeneration(retired, { ...next, state: 'serving', updatedAt: at }), effects, generation };
};

const drop = (record: ProjectionRecord, { generation }: Drop): Decided => {
  const dropped = generationIn(record, generation);
  if (dropped.state === 'serving') throw new GenerationServes(record.projection, generation);
  const generations = record.generations.filter((one) => one !== dropped);
  return { record: { ...record, generations }, effects: [{ do: 'delete', generation }], generation };
};

/** Numbers go on, so that no old session has a claim to new generations. */
const forget = (record: ProjectionRecord): Decided => {
  const former = servingIn(record)?.number;
  const hidden: readonly Effect[] = former === undefined ? [] : [{ do: 'show', generation: undefined, former }];
  const deleted = record.generations.map(({ number }): Effect => ({ do: 'delete', generation: number }));
  return { record: { ...record, generations: [] }, effects: [{ do: 'end-leases' }, { do: 'remove-notes' }, ...hidden, ...deleted] };
};

/** Errors: READ_STORE_CHECKPOINT_MOVED if the claim is not the newest one, or the generation is gone. */
const claimedIn = (
  { projection, generations }: ProjectionRecord,
  { generation, partition, epoch }: Claim,
): { readonly found: GenerationRecord; readonly part: PartRecord } => {
  const found = generations.find(({ number }) => number === generation);
  const part = found?.parts[partition];
  if (!found || part?.epoch !== epoch) throw new CheckpointMoved(projection, generation);
  return { found, part };
};

const fenced = (part: PartRecord): PartRecord => ({ ...part, epoch: part.epoch + 1 });

const allFenced = (generation: GenerationRecord): GenerationRecord => ({ ...generation, parts: generation.parts.map(fenced) });

const withPart = (generation: GenerationRecord, partition: number, change: (part: PartRecord) => PartRecord): GenerationRecord => ({
  ...generation,
  parts: generation.parts.map((part, number) => (number === partition ? change(part) : part)),
});

const withGeneration = (record: ProjectionRecord, changed: GenerationRecord): ProjectionRecord => ({
  ...record,
  generations: record.generations.map((one) => (one.number === changed.number ? changed : one)),
});
