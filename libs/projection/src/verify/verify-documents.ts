// Verifies a document projection: folds its events again, in as many passes as memory requires, and compares.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfAborted, type Position } from '@mainstem/event-store';
import { filterFor } from '../definition/wanted-events.js';
import type { DocumentProjection } from '../definition/document-projection.js';
import { contributionOf, RollUpGroup } from '../fold/roll-up-group.js';
import { VerifyDisturbed, VerifyTooLarge } from './errors.js';
import type { GenerationSnapshot, ProjectionDocument } from '../read-store/read-store.js';
import type { LastEvent } from './differences.js';
import { readUpTo } from '../feed/event-range.js';
import { ALL_KEYS, SLICE_BITS_MAX, type KeySlice } from './key-slice.js';
import { ParkedFolds } from './parked-folds.js';
import { SliceFold } from './slice-fold.js';
import type { VerifyWork } from './verify-work.js';

const SCAN_PAGE = 2_000;
const ATTEMPTS_MAX = 3;

/** The one state in which roll-ups and digest are compared: that of the first pass. */
interface Reference {
  readonly position: Position | undefined;
  readonly parked: ParkedFolds;
  readonly storedDigest: string;
  readonly digest: string;
  /** By roll-up, by group. */
  readonly stored: ReadonlyMap<string, ReadonlyMap<string, ProjectionDocument>>;
  readonly expected: ReadonlyMap<string, Map<string, ExpectedGroup>>;
}

interface ExpectedGroup {
  readonly group: RollUpGroup;
  lastEvent: LastEvent;
}

interface PendingPass {
  readonly slice: KeySlice;
  /** Its documents are already counted in the roll-ups. */
  readonly isCounted: boolean;
}

/** A replay has changed the events that the fold leaves out: it starts again. */
class ParkedChanged extends Error {}

/**
 * Each pass folds up to the checkpoint, takes a snapshot of the generation, folds the few new events, and compares its
 * keys with the snapshot. So every document is compared in one state of its own pass. Roll-ups are compared in the
 * state of the first pass, which all passes stop at to count their documents. Errors: PROJECTION_FAILED,
 * PROJECTION_VERIFY_DISTURBED, PROJECTION_VERIFY_TOO_LARGE.
 */
export const verifyDocuments = async (work: VerifyWork<DocumentProjection>): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await new DocumentVerification(work).run();
    } catch (error) {
      if (!(error instanceof ParkedChanged)) throw error;
      if (attempt === ATTEMPTS_MAX) throw new VerifyDisturbed(work.projection.name, ATTEMPTS_MAX);
      work.restart();
    }
  }
};

class DocumentVerification {
  readonly #work: VerifyWork<DocumentProjection>;
  readonly #pending: PendingPass[] = [{ slice: ALL_KEYS, isCounted: false }];
  #passes = 1;
  #reference: Reference | undefined;
  /** True: the documents of this pass, and of slices that it still splits off, are counted in the roll-ups. */
  #isCounted = false;

  constructor(work: VerifyWork<DocumentProjection>) {
    this.#work = work;
  }

  async run(): Promise<void> {
    for (let pass = this.#pending.pop(); pass; pass = this.#pending.pop()) await this.#pass(pass);
    this.#compareRollUps();
  }

  async #pass({ slice, isCounted }: PendingPass): Promise<void> {
    const work = this.#work;
    this.#isCounted = isCounted;
    const begin = await work.snapshot(async (snapshot) => ({
      position: snapshot.generation.checkpoint.position,
      parked: await ParkedFolds.of(snapshot, work.partition),
    }));
    const expiry = work.store.expiryOf?.(work.projection.name);
    const fold = new SliceFold(work.projection, { slice, share: work.share, parked: begin.parked, partition: work.partition, expiry });
    if (this.#reference) {
      this.#assertSameParked(this.#reference.position, this.#reference.parked, begin.parked);
      await this.#advance(fold, undefined, this.#reference.position);
      this.#countIn(fold, this.#reference);
      await this.#advance(fold, this.#reference.position, begin.position);
    } else {
      await this.#advance(fold, undefined, begin.position);
    }
    await work.snapshot(async (snapshot) => {
      const { position } = snapshot.generation.checkpoint;
      const parked = await ParkedFolds.of(snapshot, work.partition);
      this.#assertSameParked(begin.position, begin.parked, parked);
      fold.parked = parked;
      await this.#advance(fold, begin.position, position);
      if (!this.#reference) {
        this.#reference = await this.#takeReference(snapshot, fold);
        this.#countIn(fold, this.#reference);
      }
      await this.#compare(snapshot, fold);
    });
  }

  #assertSameParked(position: Position | undefined, before: ParkedFolds, after: ParkedFolds): void {
    if (!before.isSameUpTo(position, after)) throw new ParkedChanged();
  }

  async #advance(fold: SliceFold, after: Position | undefined, until: Position | undefined): Promise<void> {
    const { reader, projection, signal, memoryBytesMax, keyRangesMax } = this.#work;
    for await (const events of readUpTo(reader, { after, until, filter: filterFor([projection]), signal })) {
      fold.fold(events);
      while (fold.bytes > memoryBytesMax && fold.keys.size > 1) {
        if (this.#passes >= keyRangesMax || fold.slice.bits >= SLICE_BITS_MAX)
          throw new VerifyTooLarge(projection.name, memoryBytesMax, keyRangesMax);
        this.#pending.push({ slice: fold.split(), isCounted: this.#isCounted });
        this.#passes++;
      }
      this.#tell('fold', events.at(-1)?.position, until);
      await nextTurn(); // others need to run, too
    }
  }

  async #takeReference(snapshot: GenerationSnapshot, fold: SliceFold): Promise<Reference> {
    const { position, digest } = snapshot.generation.checkpoint;
    const stored = new Map<string, ReadonlyMap<string, ProjectionDocument>>();
    for (const { name } of this.#rollUps()) {
      const groups = new Map<string, ProjectionDocument>();
      for await (const [key, document] of this.#entries(snapshot, name)) groups.set(key, document);
      stored.set(name, groups);
    }
    const expected = new Map(this.#rollUps().map(({ name }) => [name, new Map<string, ExpectedGroup>()]));
    return { position, parked: fold.parked, storedDigest: digest, digest: fold.digest, stored, expected };
  }

  /** A sample does not know all documents of a group. */
  #rollUps(): DocumentProjection['rollUps'] {
    return this.#work.share >= 1 ? this.#work.projection.rollUps : [];
  }

  #countIn(fold: SliceFold, { expected }: Reference): void {
    if (this.#isCounted) return;
    this.#isCounted = true;
    for (const rollUp of this.#rollUps()) {
      const groups = expected.get(rollUp.name);
      for (const { document, position, type, stream } of fold.keys.values()) {
        const contribution = contributionOf(rollUp, document);
        if (!contribution || !groups) continue;
        const counted = groups.get(contribution.group) ?? { group: new RollUpGroup(rollUp), lastEvent: { position, type, stream } };
        counted.group.add(contribution);
        if (position > counted.lastEvent.position) counted.lastEvent = { position, type, stream };
        groups.set(contribution.group, counted);
      }
    }
  }

  async #compare(snapshot: GenerationSnapshot, fold: SliceFold): Promise<void> {
    const { projection, differences } = this.#work;
    const { position } = snapshot.generation.checkpoint;
    for await (const [key, stored] of this.#entries(snapshot, projection.name)) {
      if (!fold.holds(key)) continue;
      const entry = fold.keys.get(key);
      if (entry) entry.isSeen = true;
      differences.compare({
        collection: projection.name,
        key,
        stored,
        expected: entry?.document ?? undefined,
        lastEvent: entry && lastEventOf(entry),
      });
      if (differences.compared % SCAN_PAGE === 0) this.#tell('compare', position, position);
    }
    for (const [key, entry] of fold.keys) {
      if (entry.isSeen || entry.document === null || fold.mayBeRemoved(entry.document)) continue;
      differences.compare({ collection: projection.name, key, stored: undefined, expected: entry.document, lastEvent: lastEventOf(entry) });
    }
  }

  #compareRollUps(): void {
    const reference = this.#reference;
    if (!reference) return;
    this.#work.reached(reference.position, { stored: reference.storedDigest, expected: reference.digest });
    for (const [collection, groups] of reference.expected) {
      const stored = reference.stored.get(collection) ?? new Map<string, ProjectionDocument>();
      for (const key of new Set([...groups.keys(), ...stored.keys()])) {
        const counted = groups.get(key);
        const expected = counted?.group.document(key) ?? undefined;
        this.#work.differences.compare({ collection, key, stored: stored.get(key), expected, lastEvent: counted?.lastEvent });
      }
    }
  }

  async *#entries(snapshot: GenerationSnapshot, collection: string): AsyncGenerator<readonly [string, ProjectionDocument]> {
    for (let after: string | undefined; ;) {
      throwIfAborted(this.#work.signal, 'verify');
      const page = await snapshot.scan(collection, { limit: SCAN_PAGE, ...(after !== undefined && { after }) });
      yield* page;
      await nextTurn();
      if (page.length < SCAN_PAGE) return;
      after = page.at(-1)?.[0];
    }
  }

  #tell(phase: 'fold' | 'compare', position: Position | undefined, until: Position | undefined): void {
    this.#work.tell({ phase, position, until, pass: this.#passes - this.#pending.length, passes: this.#passes });
  }
}

const lastEventOf = ({ position, type, stream }: LastEvent): LastEvent => ({ position, type, stream });
