// Promises of unique values, on a store that appends to several streams at once and on one that does not.
import { InMemoryEventStore, streamPrefixOf, type RecordedEvent } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { defineAggregate } from '../aggregate/aggregate.js';
import { CLAIM_CATEGORY } from '../aggregate/unique-rule.js';
import { CommandExecutor } from './command-executor.js';
import { CommandRefused } from '../errors.js';
import { account, namedIn, namesIn, outcomeOf, processOn, STORES } from './unique-claims.fixtures.js';

class NameTaken extends CommandRefused {
  constructor(
    readonly value: string,
    readonly holder: string,
  ) {
    super('NAME_TAKEN', `${value} belongs to ${holder}`);
  }
}

const claimsIn = async (store: InMemoryEventStore): Promise<readonly RecordedEvent[]> => {
  const claims: RecordedEvent[] = [];
  for await (const batch of store.readAll({ filter: { streamPrefixes: [streamPrefixOf(CLAIM_CATEGORY)] } })) claims.push(...batch);
  return claims;
};

describe.each(STORES)('a unique value claimed $name', ({ create }) => {
  it('is won by one of 200 that want it at the same time, and the others are refused', async () => {
    const store = create();
    const processes = [processOn(store), processOn(store)] as const;
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, index) => outcomeOf((processes[index % 2] ?? processes[0]).execute(account, `${index}`, { name: 'Ada' }))),
    );
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'UNIQUE_VALUE_TAKEN')).toHaveLength(199);
    expect((await namesIn(store)).size).toBe(1);
  });

  it('is free again for others once its holder has renamed itself or given it up, and can be taken back', async () => {
    const store = create();
    const commands = processOn(store);
    const set = (id: string, name: string | null) => outcomeOf(processOn(store).execute(account, id, { name }));
    expect(await outcomeOf(commands.execute(account, '1', { name: 'Ada' }))).toBe('done');
    expect(await set('2', 'ada ')).toBe('UNIQUE_VALUE_TAKEN');
    expect(await outcomeOf(commands.execute(account, '1', { name: 'Grace' }))).toBe('done');
    expect(await set('2', 'Ada')).toBe('done');
    expect(await set('1', 'Ada')).toBe('UNIQUE_VALUE_TAKEN');
    expect(await set('2', null)).toBe('done');
    expect(await set('1', 'Ada')).toBe('done');
    expect(await set('3', 'Grace')).toBe('done');
    expect(await namesIn(store)).toEqual(
      new Map([
        ['account-1', 'ada'],
        ['account-3', 'grace'],
      ]),
    );
  });

  it('stays with its holder when that writes it in another way', async () => {
    const store = create();
    expect(await outcomeOf(processOn(store).execute(account, '1', { name: 'Ada' }))).toBe('done');
    const before = (await claimsIn(store)).length;
    expect(await outcomeOf(processOn(store).execute(account, '1', { name: ' ADA' }))).toBe('done');
    expect(await claimsIn(store)).toHaveLength(before);
  });

  it('may be any text: empty, very long, with control characters or half a surrogate pair', async () => {
    const store = create();
    const exact = namedIn('exact', { of: ({ data }) => (data.name === null ? null : (TEXTS[Number(data.name)] ?? '')) });
    const TEXTS = ['', 'x'.repeat(1_000_000), `${'x'.repeat(999_999)}y`, '\0', '\ud800', '\udfff', 'a-b', 'a\nb', 'é', 'e\u0301'];
    for (const index of TEXTS.keys()) {
      expect(await outcomeOf(processOn(store).execute(exact, `first-${index}`, { name: String(index) })), `text ${index}`).toBe('done');
      expect(await outcomeOf(processOn(store).execute(exact, `second-${index}`, { name: String(index) }))).toBe('UNIQUE_VALUE_TAKEN');
    }
  });

  it('is another one in another category or under another name, and one where the rules share a scope', async () => {
    const store = create();
    const set = (aggregate: ReturnType<typeof namedIn>, id: string) => outcomeOf(processOn(store).execute(aggregate, id, { name: 'Ada' }));
    const kinds = [namedIn('person'), namedIn('firm'), namedIn('club', { name: 'motto' })];
    for (const kind of kinds) expect(await set(kind, '1')).toBe('done');
    for (const kind of kinds) expect(await set(kind, '2')).toBe('UNIQUE_VALUE_TAKEN');
    const [one, other] = [namedIn('cat', { scope: 'animals' }), namedIn('dog', { scope: 'animals' })] as const;
    expect(await set(one, '1')).toBe('done');
    expect(await set(other, '1')).toBe('UNIQUE_VALUE_TAKEN');
  });

  it('is refused as the rule says, with the value and its holder', async () => {
    const store = create();
    const own = namedIn('own', { refusal: (value, holder) => new NameTaken(value, holder) });
    await processOn(store).execute(own, '1', { name: 'Ada' });
    await expect(processOn(store).execute(own, '2', { name: 'Ada' })).rejects.toMatchObject({ code: 'NAME_TAKEN', value: 'Ada', holder: 'own-1' });
  });

  it('leaves a command that is sent again as it was answered, also by another process and after others have the value', async () => {
    const store = create();
    const context = { commandId: 'c1' };
    const first = await processOn(store).execute(account, '1', { name: 'Ada' }, context);
    const busy = processOn(store);
    expect(await busy.execute(account, '1', { name: 'Ada' }, context)).toEqual({ ...first, isRepeat: true });
    await busy.execute(account, '1', { name: null });
    await busy.execute(account, '2', { name: 'Ada' });
    expect(await processOn(store).execute(account, '1', { name: 'Ada' }, context)).toEqual({ ...first, isRepeat: true });
    expect(await busy.execute(account, '1', { name: 'Ada' }, context)).toEqual({ ...first, isRepeat: true });
  });

  it('is not shown by its claim, which names rule, scope and holder', async () => {
    const store = create();
    await processOn(store).execute(account, '1', { name: 'Ada' });
    const claims = await claimsIn(store);
    expect(claims[0]?.data).toMatchObject({ rule: 'name', scope: 'account', holder: 'account-1' });
    expect(JSON.stringify(claims.map(({ data, metadata, stream }) => ({ data, metadata, stream })))).not.toMatch(/\bada\b/i);
  });

  it('is checked when several commands take effect together, which is all or nothing', async () => {
    const store = create();
    const commands = processOn(store);
    await commands.execute(account, '1', { name: 'Ada' });
    const together = (names: readonly (string | null)[]) =>
      commands.executeAll(
        account,
        '2',
        names.map((name) => ({ name })),
      );
    await expect(together(['Grace', 'Ada'])).rejects.toMatchObject({ code: 'UNIQUE_VALUE_TAKEN', rule: 'name', value: 'ada' });
    // A value that an aggregate has only in between blocks no other aggregate.
    expect(await together(['Ada', 'Grace'])).toHaveLength(2);
    expect(await outcomeOf(commands.execute(account, '3', { name: 'Grace' }))).toBe('UNIQUE_VALUE_TAKEN');
  });
});

describe('a rule of unique values', () => {
  it.each([
    ['of', async () => Promise.reject(new Error('later'))],
    ['normalise', async () => Promise.reject(new Error('later'))],
  ])('refuses the command where %s is asynchronous, and its later failure does not end the process', async (member, fails) => {
    const later: unknown[] = [];
    const onLater = (reason: unknown): void => void later.push(reason);
    process.on('unhandledRejection', onLater);
    const set = processOn(new InMemoryEventStore()).execute(namedIn('a', { [member]: fails }), '1', { name: 'Ada' });
    await expect(set).rejects.toMatchObject({ code: 'AGGREGATE_INVALID_DEFINITION' });
    // Node tells of them once the microtasks are done.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onLater);
    expect(later).toEqual([]);
  });

  it.each([() => 'a text', async () => Promise.reject(new Error('later')), () => undefined, () => ({})])(
    'refuses as usual where refusal gives no error: %s',
    async (refusal) => {
      const commands = processOn(new InMemoryEventStore());
      const own = namedIn('own', { refusal: refusal as never });
      await commands.execute(own, '1', { name: 'Ada' });
      await expect(commands.execute(own, '2', { name: 'Ada' })).rejects.toMatchObject({ code: 'UNIQUE_VALUE_TAKEN' });
    },
  );

  it('is refused where it cannot work', () => {
    expect(() => defineAggregate({ ...account, uniqueId: {} } as never)).toThrow('among');
    const invalid = { code: 'AGGREGATE_INVALID_DEFINITION' };
    expect(() => namedIn('a', { name: '' })).toThrow(expect.objectContaining(invalid));
    expect(() => namedIn('a', { scope: '' })).toThrow(expect.objectContaining(invalid));
    expect(() => namedIn('a', { of: undefined as never })).toThrow(expect.objectContaining(invalid));
    expect(() => namedIn(CLAIM_CATEGORY)).toThrow(expect.objectContaining(invalid));
    expect(() => namedIn('a', { normalise: 'lower' as never })).toThrow(expect.objectContaining(invalid));
    expect(() => namedIn('a', { refusal: 'no' as never })).toThrow(expect.objectContaining(invalid));
    expect(() => namedIn('a', { normalize: (name: string) => name } as object)).toThrow('no member normalize');
    for (const unique of [null, {}, [null]])
      expect(() => defineAggregate({ ...namedIn('a'), unique } as never)).toThrow(expect.objectContaining(invalid));
  });

  it('costs a command nothing that changes no value', async () => {
    const store = new InMemoryEventStore();
    const commands = new CommandExecutor({ store });
    const silent = namedIn('silent', { of: () => undefined });
    await commands.execute(silent, '1', { name: 'Ada' });
    expect((await store.head()) ?? 0n).toBe(1n);
  });
});
