// docs/your-own-application.md, typed literally, with packed packages. What npm would install is linked.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fencesOf } from '../../architecture/markdown.js';
import { build } from '../online-retail/application-process.js';
import { ROOT } from '../packages/project.js';
import { Scaffolded, Strangers } from './scaffolded.js';

const strangers = new Strangers();
const shop = new Scaffolded(strangers, join(strangers.project.folder, 'my-shop'));
const page = readFileSync(join(ROOT, 'docs/your-own-application.md'), 'utf8');
const [, make = '', , aggregate = '', projection = '', start = '', ask = ''] = fencesOf(page)
  .filter(({ language }) => language === 'sh')
  .map(({ code }) => code);

beforeAll(async () => {
  await build();
  await strangers.install();
}, 240_000);
afterAll(() => strangers.remove());

describe('the guide to an application of your own', () => {
  it('makes the application', async () => {
    const typed = make.replaceAll('\\\n', ' ').replaceAll('<folder>', strangers.tarballs);
    for (const [, tarball = ''] of typed.matchAll(/--package=(\S+)/g)) readFileSync(tarball);
    await strangers.mainstem(typed.slice(typed.indexOf(' mainstem ') + ' mainstem '.length));
    shop.install();
  });

  it('adds an aggregate and a projection whose specs pass, and nothing when they are added again', async () => {
    await shop.run(aggregate);
    await shop.run(projection);
    await shop.run('npm run lint');
    expect(await shop.run(start.split('\n')[0] ?? '')).toMatch(/Test Files {2}.*7 passed/);
    for (const command of [aggregate, projection]) expect(await shop.run(command)).toContain('Nothing to change');
  });

  it('answers as the page says', async () => {
    await shop.started('npm start', async (url) => {
      let said = '';
      for (const line of ask.split('\n').filter((one) => one.startsWith('curl'))) said = await shop.run(line.replaceAll('localhost:3000', url));
      expect(JSON.parse(said)).toEqual({ agent: 'Grace', count: 1, lastStream: 'ticket-1' });
    });
  });

  it('goes on adding to files that people have changed', async () => {
    shop.edit('src/commands.module.ts', (text) =>
      text.replace(
        /controllers: \[(.*)\]/,
        (_, list: string) => `/* ours */ controllers: [\n    ${list.split(', ').join(',\n    ')}, // routes\n  ]`,
      ),
    );
    // The rules of assigning a ticket do not know the team yet.
    shop.edit('src/ticket/ticket.events.ts', (text) =>
      text
        .replace('agent!: string;', 'agent!: string; // a name\n  @IsOptional() @Length(1, 80) team?: string;')
        .replace('import { IsInt,', 'import { IsInt, IsOptional,'),
    );
    const command = 'npx mainstem add projection tickets-by-team --store cache --events Ticket.Assigned --key team';
    const shown = await shop.run(`${command} --dry-run`);
    expect(shown).toContain('+export const cacheProjections: readonly AnyProjection[] = [ordersByCustomerProjection, ticketsByTeamProjection];');
    await shop.run(`${command} --dry-run > ../change.diff && git apply --check ../change.diff`);
    await shop.run(command);
    await shop.run('npx mainstem add aggregate SupportCase --events "Opened(amount:decimal, level:enum(low|high), tags:list(string))"');
    expect(shop.read('src/commands.module.ts')).toContain('    TicketController,\n    SupportCaseController, // routes\n');
    rmSync(join(shop.folder, 'dist'), { recursive: true });
    await shop.run('npm run build');
  });

  it('says which line belongs where if the place is gone, and writes nothing', async () => {
    shop.edit('src/aggregates.ts', (text) => text.replace(/\[.*\]/, 'Object.values({ order, ticket, supportCase })'));
    await expect(shop.run('npx mainstem add aggregate Visit --events "Planned()"')).rejects.toThrow(
      /src\/aggregates\.ts: there is no "const aggregates = \[…\]".*: visit\n\(SCHEMATICS_PLACE_NOT_FOUND\)/,
    );
    expect(await shop.run('ls src')).not.toContain('visit');
  });
});
