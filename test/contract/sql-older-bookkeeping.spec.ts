// Bookkeeping tables of the version before get what they lack when they are opened, and keep what they hold.
import { afterAll, describe, expect, it } from 'vitest';
import { incarnation, move, parcels, rowsByHand, sqlFixtures, type SqlFixture } from './sql-fixtures.js';

const made: SqlFixture[] = [];
afterAll(async () => {
  for (const fixture of made) await fixture.remove();
});

describe.each(await sqlFixtures())('bookkeeping in $name from before there were notes', ({ make }) => {
  it('gets them at the next opening, once, and keeps generations and checkpoints', async () => {
    const fixture = await make();
    made.push(fixture);
    const before = await fixture.open();
    const { number } = await before.createGeneration(parcels, incarnation);
    const session = await before.open(parcels, number);
    await session.commit({ changes: [], checkpoint: move(undefined, 7) });
    await before.close();
    await rowsByHand(fixture, 'DROP TABLE mainstem_notes', "DELETE FROM mainstem_migrations WHERE name LIKE 'ReadStoreNotes%'");
    const [one, two] = await Promise.all([fixture.open(), fixture.open()]);
    expect(await one.notes([parcels.name])).toEqual([]);
    await one.note(parcels.name, 'pause', 'text');
    expect(await two.notes([parcels.name])).toMatchObject([{ projection: parcels.name, name: 'pause', text: 'text' }]);
    expect(await two.generations(parcels.name)).toMatchObject([{ number, checkpoint: { position: 7n } }]);
    await Promise.all([one.close(), two.close()]);
  });
});
