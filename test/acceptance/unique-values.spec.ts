// The code of docs/manual/unique-values.md: members with an e-mail address of their own, on an embedded store.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildClaims, CommandExecutor, defineAggregate } from '@mainstem/aggregate';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { assertNever, defineEvents, eventIdOf, streamOf, type EventOf } from '@mainstem/event-store';
import { IsEmail } from 'class-validator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

class MemberJoinedData {
  @IsEmail() email!: string;
}
class MemberMovedData {
  @IsEmail() email!: string;
}
class MemberLeftData {}

const memberEvents = defineEvents('member', { MemberJoined: MemberJoinedData, MemberMoved: MemberMovedData, MemberLeft: MemberLeftData });
type MemberEvent = EventOf<typeof memberEvents>;

// #region rule
const emailOf = (event: MemberEvent): string | null => {
  switch (event.type) {
    case 'MemberJoined':
    case 'MemberMoved':
      return event.data.email;
    case 'MemberLeft':
      return null;
    default:
      return assertNever(event);
  }
};

const member = defineAggregate({
  category: 'member',
  events: memberEvents,
  initialState: { isIn: false },
  unique: [{ name: 'e-mail address', of: emailOf, normalise: (email) => email.toLowerCase() }],
  evolve: (_: { readonly isIn: boolean }, event) => ({ isIn: event.type !== 'MemberLeft' }),
  decide: ({ event }: { readonly event: MemberEvent }) => [event],
});
// #endregion

let dir: string;
let store: EmbeddedEventStore;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-unique-'));
  store = await EmbeddedEventStore.open({ dir });
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

const joined = (email: string): { readonly event: MemberEvent } => ({ event: { type: 'MemberJoined', data: { email } } });

describe('docs/manual/unique-values.md', () => {
  it('shows code as it is here', async () => {
    const guide = await readFile('docs/manual/unique-values.md', 'utf8');
    const source = await readFile('test/acceptance/unique-values.spec.ts', 'utf8');
    const blocks = [...guide.matchAll(/```ts\n(.*?)\n```/gs)].map(([, code]) => code);
    const regions = [...source.matchAll(/\/\/ #region [\w-]+\n(.*?)\n *\/\/ #endregion/gs)].map(([, text = '']) => {
      const indent = /^ */.exec(text)?.[0].length ?? 0;
      return text
        .split('\n')
        .map((line) => line.slice(indent))
        .join('\n');
    });
    expect(blocks).toEqual(regions);
  });

  it('gives an address to one member at a time, and back', async () => {
    const executor = new CommandExecutor({ store, aggregates: [member] });
    await executor.execute(member, '1', joined('Ada@example.org'));
    await expect(executor.execute(member, '2', joined('ada@example.org'))).rejects.toMatchObject({ code: 'UNIQUE_VALUE_TAKEN' });
    await executor.execute(member, '1', { event: { type: 'MemberLeft', data: {} } });
    await executor.execute(member, '2', joined('ada@example.org'));
  });

  it('finds members with one address that joined before there was the rule', async () => {
    for (const id of ['1', '2']) {
      const stream = streamOf('member', id);
      const event = { id: eventIdOf('old', stream, 0), type: 'MemberJoined', data: { email: 'ada@example.org' }, metadata: {} };
      await store.append(stream, [event], { expectedRevision: 'no-stream' });
    }
    // #region build
    const { taken, clashes } = await buildClaims({ store, aggregates: [member] });
    for (const { value, holders } of clashes) console.log(`${value}: ${holders.join(', ')}`);
    // #endregion
    expect({ taken, clashes }).toEqual({
      taken: 1,
      clashes: [{ rule: 'e-mail address', scope: 'member', value: 'ada@example.org', holders: ['member-1', 'member-2'] }],
    });
  });
});
