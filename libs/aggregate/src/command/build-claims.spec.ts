// Claims built from events that are older than their rule.
import { InMemoryEventStore, streamPrefixOf } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { CLAIM_CATEGORY } from '../aggregate/unique-rule.js';
import { buildClaims, type BuildClaimsOptions } from '../claims/build-claims.js';
import { account, namedIn, outcomeOf, processOn, STORES } from './unique-claims.fixtures.js';

/** The same aggregate before it had the rule. */
const before = namedIn('account', { of: () => undefined });
const other = namedIn('firm', { scope: 'account', normalise: (name) => name.trim().toLowerCase() });

const withHistory = async (history: readonly (readonly [id: string, name: string | null])[]): Promise<InMemoryEventStore> => {
  const store = new InMemoryEventStore();
  const commands = processOn(store);
  for (const [id, name] of history) await commands.execute(before, id, { name });
  return store;
};
const countOf = async (store: InMemoryEventStore): Promise<number> => {
  let count = 0;
  for await (const batch of store.readAll({ filter: { streamPrefixes: [streamPrefixOf(CLAIM_CATEGORY)] } })) count += batch.length;
  return count;
};

describe('building claims', () => {
  it('claims what aggregates have, not what they had, and may be repeated', async () => {
    const store = await withHistory([
      ['1', 'Ada'],
      ['1', 'Grace'],
      ['2', 'Edsger'],
      ['3', 'Barbara'],
      ['3', null],
    ]);
    expect(await buildClaims({ store, aggregates: [account] })).toEqual({ values: 2, taken: 2, released: 0, clashes: [] });
    expect(await buildClaims({ store, aggregates: [account] })).toEqual({ values: 2, taken: 0, released: 0, clashes: [] });
    expect(await countOf(store)).toBe(2);
    const commands = processOn(store);
    expect(await outcomeOf(commands.execute(account, '4', { name: 'grace' }))).toBe('UNIQUE_VALUE_TAKEN');
    expect(await outcomeOf(commands.execute(account, '4', { name: 'Ada' }))).toBe('done');
    expect(await outcomeOf(commands.execute(account, '2', { name: 'Barbara' }))).toBe('done');
    expect(await outcomeOf(commands.execute(account, '5', { name: 'Edsger' }))).toBe('done');
    expect(await buildClaims({ store, aggregates: [account] })).toEqual({ values: 4, taken: 0, released: 0, clashes: [] });
  });

  it('reports values with several holders, claims them for the first, and for the next once that has given up', async () => {
    const store = await withHistory([
      ['1', 'Ada'],
      ['2', 'Grace'],
      ['3', ' ADA'],
      ['4', 'ada'],
    ]);
    const clash = { rule: 'name', scope: 'account', value: 'ada', holders: ['account-1', 'account-3', 'account-4'] };
    expect(await buildClaims({ store, aggregates: [account, other] })).toEqual({ values: 2, taken: 2, released: 0, clashes: [clash] });
    const commands = processOn(store);
    expect(await outcomeOf(commands.execute(account, '1', { name: 'Adele' }))).toBe('done');
    expect(await outcomeOf(commands.execute(account, '4', { name: 'Alan' }))).toBe('done');
    expect(await buildClaims({ store, aggregates: [account] })).toEqual({ values: 4, taken: 1, released: 0, clashes: [] });
    expect(await outcomeOf(commands.execute(other, '1', { name: 'Ada' }))).toBe('UNIQUE_VALUE_TAKEN');
  });

  it('releases claims that their holder does not have any more, and leaves those of other programs', async () => {
    const store = await withHistory([]);
    const commands = processOn(store);
    await commands.execute(account, '1', { name: 'Ada' });
    await commands.execute(other, '1', { name: 'Grace' });
    // A program without the rule has changed the name.
    await processOn(store).execute(before, '1', { name: 'Adele' });
    expect(await buildClaims({ store, aggregates: [account] })).toEqual({ values: 1, taken: 1, released: 1, clashes: [] });
    expect(await outcomeOf(commands.execute(account, '2', { name: 'Ada' }))).toBe('done');
    expect(await outcomeOf(commands.execute(account, '2', { name: 'Grace' }))).toBe('UNIQUE_VALUE_TAKEN');
  });

  it.each(STORES)('leaves alone what commands change after it has read the events, claimed $name', async ({ create }) => {
    for (const [meanwhile, free, taken] of [
      // It has no claim yet, and is given up before it gets one.
      [{ id: '1', name: 'Grace' }, 'Edsger', 'Grace'],
      // Its holder has a claim that a program without the rule has left behind, and takes it up again.
      [{ id: '0', name: 'Ada' }, 'Zoe', 'Ada'],
    ] as const) {
      const store = create();
      await processOn(store).execute(account, '0', { name: 'Ada' });
      await processOn(store).execute(before, '0', { name: 'Zoe' });
      await processOn(store).execute(before, '1', { name: 'Edsger' });
      const late: BuildClaimsOptions['store'] = {
        readAll: (options) => store.readAll(options),
        append: async (...given) => {
          await processOn(store).execute(account, meanwhile.id, { name: meanwhile.name }, { commandId: 'meanwhile' });
          return store.append(...given);
        },
      };
      await buildClaims({ store: late, aggregates: [account] });
      expect(await outcomeOf(processOn(store).execute(account, '2', { name: taken })), `${taken} has a holder`).toBe('UNIQUE_VALUE_TAKEN');
      expect(await outcomeOf(processOn(store).execute(account, '3', { name: free })), `${free} is free`).toBe('done');
    }
  });
});
