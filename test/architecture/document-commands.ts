// The commands that README, CONTRIBUTING and docs show in blocks marked `sh`, and the test that executes each.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fencesOf } from './markdown.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

export interface ShownCommand {
  readonly page: string;
  readonly line: number;
  /** As it is typed, without a comment behind it. */
  readonly text: string;
}

/** Executes the commands of its page, each of them, by itself. */
export const PAGES_WITH_A_SPEC: Readonly<Record<string, string>> = {
  'docs/your-own-application.md': 'test/acceptance/scaffold/guide.spec.ts',
  'docs/event-store-in-tests.md': 'test/acceptance/event-store-in-tests.spec.ts',
  'docs/manual/move-to-another-event-store.md': 'test/acceptance/copy-event-store.spec.ts',
};

/** Against one running application, in this order: test/acceptance/document-commands.spec.ts. */
export const EXECUTED: readonly string[] = [
  'npm start -- --help',
  'npm start',
  "curl -s 'localhost:3000/api/leaderboards/skus-by-units-sold?limit=3'",
  "curl -s 'localhost:3000/api/search/products?q=white+metal+lantern&limit=2'",
  'curl -s localhost:3000/api/customers/17850',
  `curl -si localhost:3000/api/orders -H 'Content-Type: application/json' -H 'Idempotency-Key: tour-1' -d '{
  "orderNo": "900001", "customerId": "17850", "country": "United Kingdom",
  "lines": [{ "sku": "85123A", "description": "WHITE HANGING HEART T-LIGHT HOLDER", "quantity": 6, "unitPrice": "2.55" }] }'`,
  "curl -s 'localhost:3000/api/orders/order-900001?minPosition=565710'",
  'npx mainstem status',
  'npx mainstem stream order-900001',
  'npx mainstem tail --category order',
  'curl -s localhost:3000/health/ready',
  'curl -s localhost:3000/health/progress',
  'npx mainstem verify products customer-profiles',
  'npx mainstem verify --all --sample 1%',
  'npx mainstem rebuild products sales-by-month',
  'npx mainstem rollback products',
  'npx mainstem rebuild ledger-totals --until 1000',
  'npx mainstem cleanup products sales-by-month',
  'npx mainstem parked list',
  'npx mainstem parked replay order-lines',
  `node -e "new (require('node:sqlite').DatabaseSync)('.mainstem/events.db', { readOnly: true }).exec(\\"VACUUM INTO 'events-backup.db'\\")"`,
];

/** Executed by another spec, with a folder, a file or ports of its own. */
export const EXECUTED_ELSEWHERE: Readonly<Record<string, string>> = {
  'npm pack -w libs/event-store -w libs/aggregate -w libs/projection -w libs/process -w libs/embedded -w libs/sql -w libs/nest -w libs/testing --pack-destination <folder>':
    'test/acceptance/getting-started-project.spec.ts',
  // From what the repository has installed, so that no registry is asked.
  [`npm install <folder>/*.tgz typescript@6 @types/node@24 vitest @nestjs/common@12 @nestjs/core@12 @nestjs/cqrs@12 @nestjs/platform-express@12 @nestjs/terminus@12 \\
  class-transformer class-validator reflect-metadata rxjs typeorm`]: 'test/acceptance/getting-started-project.spec.ts',
  'npm run start:separate': 'test/acceptance/separate-esdb.spec.ts',
  "EVENT_STORE='esdb://127.0.0.1:2113?tls=false' npx mainstem --dir .mainstem/separate import data/online-retail/sample.ndjson":
    'test/acceptance/separate-esdb.spec.ts',
  'npm start -- --policies': 'test/acceptance/online-retail/policies.spec.ts',
  'npx mainstem stream customer-17850': 'test/acceptance/online-retail/policies.spec.ts',
  'npx mainstem migrate': 'test/acceptance/postgres-event-store.spec.ts',
  'npx mainstem migrate --print --owner dba --application shop': 'test/acceptance/postgres-event-store.spec.ts',
  'npx mainstem pause products': 'libs/cli/src/commands/pause.spec.ts',
  'npx mainstem resume products': 'libs/cli/src/commands/pause.spec.ts',
  'npx mainstem doctor': 'test/acceptance/doctor.spec.ts',
  'npx mainstem deploy render --target kubernetes': 'test/acceptance/deploy-render.spec.ts',
  'npx mainstem deploy render --target kubernetes --diff': 'test/acceptance/deploy-render.spec.ts',
  'npx mainstem deploy render --target compose': 'test/acceptance/deploy-render.spec.ts',
  'npx mainstem forget order-totals': 'libs/cli/src/commands/forget.spec.ts',
  'npx mainstem contracts accept --no-history': 'test/acceptance/contracts.spec.ts',
  'npx mainstem contracts check --no-history': 'test/acceptance/contracts.spec.ts',
  'npx mainstem contracts check': 'test/acceptance/contracts.spec.ts',
  'npx mainstem contracts check --whole': 'test/acceptance/contracts.spec.ts',
  'npx mainstem contracts schema --out events.schema.json': 'test/acceptance/contracts.spec.ts',
  'npx mainstem contracts catalogue --out events.md': 'test/acceptance/contracts.spec.ts',
};

/** Commands that run tests or measure: no test runs them, but their scripts and arguments must exist. */
export const RUNNERS: readonly string[] = [
  'npm test',
  'npm test -- --project unit libs/projection',
  'npm run check',
  'npm run test:faults',
  'npm run test:mutants',
  'npm run format',
  'npm run services',
  'npm run bench',
  'npm run bench -- --quick',
  'npm run bench -- --only read,summary-sqlite --events 100000 --rounds 5',
  'npm run bench -- --long',
  'npm run bench -- --only esdb-append-1,esdb-append-64,esdb-batch-200,esdb-batch-1000,esdb-read,esdb-subscribe,esdb-persistent,esdb-load,esdb-end,esdb-rebuild',
  '.ci/run',
];

/** Lines that only set a variable of the environment. */
export const isAssignment = (text: string): boolean => /^[A-Z_]+='[^']*'$/.test(text);

/** All commands in blocks marked `sh`, of all pages without a spec of their own. */
export const shownCommands = (): readonly ShownCommand[] =>
  pages()
    .filter((page) => !(page in PAGES_WITH_A_SPEC))
    .flatMap((page) =>
      fencesOf(read(page))
        .filter(({ language }) => language === 'sh')
        .flatMap(({ line, code }) => commandsIn(code).map((text) => ({ page, line, text }))),
    );

/** Lines of blocks without a language that look like commands: their block is to be marked. */
export const unmarkedCommands = (): readonly string[] =>
  pages().flatMap((page) =>
    fencesOf(read(page))
      .filter(({ language }) => language === '')
      .flatMap(({ line, code }) =>
        code
          .split('\n')
          .filter((text) => /^(?:\$ )?(?:npm|npx|node|curl|git|mainstem|sh|docker)\b|^[A-Z_]+='/.test(text))
          .map((text) => `${page}:${line} ${text}`),
      ),
  );

/** Commands in backquotes within the text. Those with a placeholder (`<…>`, `…`) are forms and not commands. */
export const inlineCommands = (): readonly ShownCommand[] =>
  pages().flatMap((page) =>
    read(page)
      .replaceAll(/^ *```[\s\S]*?^ *```$/gm, (block) => block.replaceAll(/[^\n]/g, ''))
      .split('\n')
      .flatMap((text, index) =>
        [...text.matchAll(/`((?:npx )?mainstem [^`]*|npm (?:start|test|run \w)[^`]*)`/g)].map(([, code = '']) => ({
          page,
          line: index + 1,
          text: code,
        })),
      )
      .filter(({ text }) => !/[<…]/.test(text)),
  );

/** One command may go on over lines: until its quotes are closed. */
const commandsIn = (code: string): readonly string[] => {
  const commands: string[] = [];
  let open: string | undefined;
  for (const line of code.split('\n')) {
    const text = open === undefined ? line : `${open}\n${line}`;
    if ((text.match(/'/g)?.length ?? 0) % 2 === 1 || text.endsWith('\\')) {
      open = text;
      continue;
    }
    open = undefined;
    const command = text.replace(/ {2,}#.*$/, '').trim();
    if (command !== '') commands.push(command);
  }
  return open === undefined ? commands : [...commands, open];
};

const pages = (): readonly string[] =>
  globSync(['*.md', 'docs/**/*.md', 'data/*/README.md'], { cwd: root })
    .map((file) => file.split(path.sep).join('/'))
    .filter((page) => page !== 'CHANGELOG.md')
    .toSorted();
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
