// The generation that a projection writes, for every state of the read store.
import type { Incarnation } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { EMPTY_DIGEST } from '../read-store/rolling-digest.js';
import type { Generation, GenerationState } from '../read-store/checkpoint.js';
import { chooseGeneration, type GenerationChoice } from './generation-choice.js';

const HERE = 'here' as Incarnation;
const projection = { name: 'p', version: 1, fingerprint: 'mine', collections: [] };
const generation = (number: number, state: GenerationState, fingerprint = 'mine', incarnation = HERE): Generation => ({
  projection: 'p',
  number,
  state,
  version: 1,
  fingerprint,
  checkpoint: { incarnation, position: undefined, epoch: 1, digest: EMPTY_DIGEST },
  isBulk: false,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
});
const create: GenerationChoice = { kind: 'create' };
const open = (number: number, isFilling: boolean): GenerationChoice => ({ kind: 'open', number, isFilling });

describe('chooseGeneration', () => {
  it.each<[string, readonly Generation[], GenerationChoice]>([
    ['creates the first one', [], create],
    ['opens the serving one', [generation(1, 'serving')], open(1, false)],
    ['prefers the serving one to a newer one', [generation(1, 'serving'), generation(2, 'filling')], open(1, false)],
    ['creates one beside that of another definition', [generation(1, 'serving', 'old')], create],
    ['goes on with an unfinished one', [generation(1, 'serving', 'old'), generation(2, 'filling')], open(2, true)],
    [
      'goes on with the newest of several unfinished ones',
      [generation(1, 'serving', 'old'), generation(3, 'filling'), generation(2, 'filling')],
      open(3, true),
    ],
    ['takes back its retired one', [generation(1, 'retired'), generation(2, 'serving', 'new')], open(1, true)],
    [
      'leaves those of other definitions alone',
      [generation(1, 'retired', 'old'), generation(2, 'serving', 'new'), generation(3, 'filling', 'newer')],
      create,
    ],
    ['never takes one that was made to stay aside', [generation(1, 'serving', 'old'), generation(2, 'side')], create],
    ['fills one when none serves', [generation(2, 'filling')], open(2, true)],
  ])('%s', (_, generations, expected) => {
    expect(chooseGeneration(generations, projection, HERE, 'auto')).toEqual(expected);
  });

  it('refuses an automatic rebuild if the policy forbids it', () => {
    expect(() => chooseGeneration([generation(1, 'serving', 'old')], projection, HERE, 'manual')).toThrow(
      expect.objectContaining({ code: 'PROJECTION_CHANGED' }),
    );
    expect(chooseGeneration([], projection, HERE, 'manual')).toEqual(create);
  });

  it.each(['auto', 'manual'] as const)('refuses a read model of another event store under %s', (policy) => {
    const generations = [generation(1, 'serving', 'mine', 'there' as Incarnation)];
    expect(() => chooseGeneration(generations, projection, HERE, policy)).toThrow(
      expect.objectContaining({ code: 'PROJECTION_FOREIGN_EVENT_STORE' }),
    );
  });
});
