// Commits of a session whose line will be cut: the content after each of them is known, also after the failed one.
import { randomBytes } from 'node:crypto';
import type { Position } from '@mainstem/event-store';
import type { ReadStoreSession } from '@mainstem/projection/adapter';
import type { SeededRandom } from '@mainstem/testing';

/** The writes of such a session. */
export interface CutDocument {
  readonly key: string;
  readonly group: string;
  readonly text: string;
  readonly events: number;
  readonly sum: number;
}

/** What is there after so many commits. */
export type CutStates = ReadonlyMap<string, CutDocument>[];

export interface CutOptions {
  readonly collection: string;
  readonly keys: readonly string[];
  readonly chance: SeededRandom;
}

/** Packed it is still too large for the state document of OpenSearch. */
const NOISE = randomBytes(900_000).toString('base64');

/**
 * Commits small batches, and some too large for one document, until one fails. `states` gains one a commit, also for
 * the failed one.
 */
export const commitUntilCut = async (session: ReadStoreSession, states: CutStates, { collection, keys, chance }: CutOptions): Promise<never> => {
  for (let commit = 1; ; commit++) {
    const state = new Map(states.at(-1));
    const upserts = new Map<string, CutDocument>();
    const deletes: string[] = [];
    const isLarge = chance.next() < 0.2;
    for (const key of keys) {
      const draw = chance.next();
      const document = { key, group: `g${commit}`, text: 'cut', events: commit, sum: chance.int(1, 9) };
      if (draw < 0.3) upserts.set(key, isLarge && upserts.size === 0 ? Object.assign(document, { noise: NOISE }) : document);
      else if (draw < 0.4) deletes.push(key);
    }
    for (const key of deletes) state.delete(key);
    for (const [key, document] of upserts) state.set(key, document);
    states.push(state);
    const from = commit === 1 ? undefined : (BigInt(commit - 1) as Position);
    const checkpoint = { from, to: BigInt(commit) as Position, digest: String(commit) };
    await session.commit({ changes: [{ collection, upserts, deletes }], checkpoint });
  }
};
