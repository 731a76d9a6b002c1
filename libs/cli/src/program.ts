// All commands with their arguments, options and help.
import { createRequire } from 'node:module';
import { printableLines } from '@mainstem/event-store';
import { Command } from 'commander';
import { importFile, type ImportOptions } from './commands/import.js';
import { buildAllClaims } from './commands/claims.js';
import { cleanup } from './commands/cleanup.js';
import { forget, type ForgetOptions } from './commands/forget.js';
import { listParked, replayParked } from './commands/parked.js';
import { rebuild, type RebuildOptions } from './commands/rebuild.js';
import { rebuildUntil } from './commands/rebuild-until.js';
import { rollback, type RollbackOptions } from './commands/rollback.js';
import { show, type ShowOptions } from './commands/show.js';
import { status, type StatusOptions } from './commands/status.js';
import { stream, type StreamOptions } from './commands/stream.js';
import { tail, type TailOptions } from './commands/tail.js';
import { verify, type VerifyCommandOptions } from './commands/verify.js';
import { addContracts } from './contracts-program.js';
import { addDeploy } from './deploy-program.js';
import { addCompletion } from './completion.js';
import { addCopy } from './copy-program.js';
import { addAdd, addNew } from './generate-program.js';
import { loadApplication } from './load-application.js';
import { addMigrate } from './migrate-program.js';
import { addDoctor, addPause } from './operate-program.js';
import { addDeadlines, addProcess } from './process-program.js';
import type { Run, Surroundings } from './surroundings.js';

/** The parser; running it puts the exit code of the command into `result`. */
export const program = (surroundings: Surroundings, result: { code: number }): Command => {
  const mainstem = new Command('mainstem')
    .description('Shows and maintains the event store and the read models of a Mainstem application.')
    .option('--dir <folder>', "folder of the embedded stores (default: the application's own, or MAINSTEM_DIR)")
    .version(VERSION, '--version', 'print the version')
    .showSuggestionAfterError()
    .showHelpAfterError('(mainstem --help lists the commands)')
    .exitOverride()
    // Its messages contain arguments, which the user may not have typed: a file may have any name.
    .configureOutput({ outputError: (text, write) => write(printableLines(text)) })
    .addHelpText('after', `${EXAMPLES}${surroundings.help ?? ''}`);
  const run: Run = async (work) => {
    const { terminal, signal, folder, env } = surroundings;
    const { dir } = mainstem.opts<{ dir?: string }>();
    const application = await loadApplication(folder);
    result.code = await work({ application, terminal, signal, settings: { env, ...(dir !== undefined && { dir }) } });
  };
  const runHere = async (work: (surroundings: Surroundings) => Promise<number>): Promise<void> => {
    result.code = await work(surroundings);
  };
  addStatus(mainstem, run, surroundings);
  addDoctor(mainstem, run, surroundings);
  addImport(mainstem, run);
  addTail(mainstem, run);
  addStream(mainstem, run);
  addParked(mainstem, run);
  addRebuild(mainstem, run);
  addRollback(mainstem, run);
  addPause(mainstem, run);
  addCleanup(mainstem, run);
  addForget(mainstem, run);
  addVerify(mainstem, run);
  addShow(mainstem, run);
  addClaims(mainstem, run);
  addContracts(mainstem, run, surroundings);
  addCopy(mainstem, run);
  addMigrate(mainstem, run);
  addProcess(mainstem, run);
  addDeadlines(mainstem, run, surroundings);
  addDeploy(mainstem, surroundings, result);
  addCompletion(mainstem, (text) => surroundings.terminal.print(text));
  addNew(mainstem, runHere);
  addAdd(mainstem, runHere);
  return mainstem;
};

const { version: VERSION } = createRequire(import.meta.url)('../package.json') as { readonly version: string };

const EXAMPLES = `
Examples:
  mainstem status                               where every projection stands
  mainstem doctor                               what is wrong here, and what to do
  mainstem import data/online-retail/sample.ndjson
  mainstem tail --category order                orders as they come in
  mainstem stream order-536365                  what happened to one order
  mainstem rebuild --all                        all read models anew, while they serve
  mainstem --dir /srv/shop parked list          events set aside, of another folder

Exit codes: 0 done, 1 failed or something was set aside, 2 wrong usage, 130 interrupted.`;

const IN_STORE = 'only in this read store; needed for a name that is in several';

const addStatus = (mainstem: Command, run: Run, { now }: Surroundings): void => {
  mainstem
    .command('status')
    .description(
      'each projection: state, generations, position, lag in events and time, parked events; exit code 1 if one is stopped or no process runs it',
    )
    .option('--watch', 'look again and again, until Ctrl-C')
    .option('--interval <seconds>', 'with --watch: seconds between two looks (default: 2)')
    .option('--for <seconds>', 'with --watch: end after so many seconds, with the exit code of the last look')
    .option('--json', 'as JSON, with --watch one line a look; positions are decimal strings')
    .action((options: Omit<StatusOptions, 'now'>) => run((context) => status(context, { ...options, now })))
    .addHelpText(
      'after',
      '\nExamples:\n  mainstem status\n  mainstem status --watch --interval 1\n  mainstem status --json | jq \'.[] | select(.state != "Live")\'',
    );
};

const addImport = (mainstem: Command, run: Run): void => {
  mainstem
    .command('import')
    .description('send a file of events (one JSON object a line, plain or .gz) through the command handlers; a repeat changes nothing')
    .argument('<file>')
    .option('--rejects <file>', 'the file for rejected lines')
    .action((file: string, options: ImportOptions) => run((context) => importFile(context, file, options)))
    .addHelpText(
      'after',
      '\nExamples:\n  mainstem import data/online-retail/events.ndjson.gz\n  mainstem --dir /tmp/try import sample.ndjson --rejects odd.ndjson',
    );
};

const addTail = (mainstem: Command, run: Run): void => {
  mainstem
    .command('tail')
    .description('print events as they arrive: position, time, stream@revision, type, payload')
    .option('--type <names...>', 'only events of these types')
    .option('--category <names...>', 'only streams of these categories')
    .option('--from <place>', 'start, now, or a position: events after it', 'now')
    .option('--limit <events>', 'end after so many events')
    .option('--no-follow', 'end at the head instead of waiting for more')
    .option('--json', 'one JSON object a line')
    .action((options: TailOptions) => run((context) => tail(context, options)))
    .addHelpText(
      'after',
      '\nExamples:\n  mainstem tail\n  mainstem tail --from start --limit 10\n  mainstem tail --type OrderPlaced CreditNoteIssued --from 565000 --no-follow --json',
    );
};

const addStream = (mainstem: Command, run: Run): void => {
  mainstem
    .command('stream')
    .description('the history of one aggregate, and the state that it folds to')
    .argument('[name]', 'category-id')
    .option('--summary', 'without a name: the number of streams, and the longest ones')
    .option('--json', 'one JSON object a line, the state last')
    .action((name: string | undefined, options: StreamOptions) => run((context) => stream(context, name, options)))
    .addHelpText('after', '\nExamples:\n  mainstem stream order-536365\n  mainstem stream order-536365 --json | tail -1');
};

const addClaims = (mainstem: Command, run: Run): void => {
  const claims = mainstem.command('claims').description('claims on values that have to be unique');
  claims
    .command('build')
    .description('make the claims of events that are older than their rule; exit code 1 if a value has several holders')
    .option('--json', 'the report as JSON')
    .action((options: { json?: boolean }) => run((context) => buildAllClaims(context, options)));
  claims.addHelpText('after', '\nExamples:\n  mainstem claims build');
};

const addParked = (mainstem: Command, run: Run): void => {
  const parked = mainstem.command('parked').description('events that projections have set aside');
  parked
    .command('list')
    .description('parked events of one projection or of all, with their errors')
    .argument('[projection]')
    .option('--store <name>', IN_STORE)
    .option('--json', 'one JSON object a line')
    .action((name: string | undefined, options: { json?: boolean; store?: string }) => run((context) => listParked(context, name, options)));
  parked
    .command('replay')
    .description('fold parked events again, in order, after the cause was fixed; exit code 1 if some still fail')
    .argument('<projection>')
    .option('--store <name>', IN_STORE)
    .option('--key <key>', 'only the events of one document')
    .action((name: string, options: { key?: string; store?: string }) => run((context) => replayParked(context, name, options)));
  parked.addHelpText('after', '\nExamples:\n  mainstem parked list\n  mainstem parked replay order-lines --key order-536365');
};

const addRebuild = (mainstem: Command, run: Run): void => {
  mainstem
    .command('rebuild')
    .description('fill read models anew from the first event beside those that serve, check and promote them; killed, it goes on with the next start')
    .argument('[projections...]')
    .option('--store <name>', IN_STORE)
    .option('--all', 'all projections, from one read of the event store')
    .option('--until <place>', 'as of a position or a time (when it was recorded), beside the one that serves and never promoted; see mainstem show')
    .option('--json', 'the report as JSON')
    .action((names: readonly string[], { until, ...options }: RebuildOptions & { readonly until?: string }) =>
      run((context) =>
        until === undefined
          ? rebuild(context, names, options)
          : rebuildUntil(context, { names, isAll: options.all ?? false, store: options.store }, { until, json: options.json ?? false }),
      ),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  mainstem rebuild --all\n  mainstem rebuild products sales-by-month\n  mainstem rebuild ledger-totals --until 2026-01-31T23:59:59Z',
    );
};

const addRollback = (mainstem: Command, run: Run): void => {
  mainstem
    .command('rollback')
    .description('serve the generation from before the last rebuild again; brings it up to date first')
    .argument('<projection>')
    .option('--store <name>', IN_STORE)
    .option('--to <generation>', 'the generation to serve (default: the former one)')
    .option('--force', 'even if it cannot be brought up to date here: queries then see its older state')
    .option('--json', 'the report as JSON')
    .action((name: string, options: RollbackOptions) => run((context) => rollback(context, name, options)))
    .addHelpText('after', '\nExamples:\n  mainstem rollback products\n  mainstem rollback products --to 3');
};

const addCleanup = (mainstem: Command, run: Run): void => {
  mainstem
    .command('cleanup')
    .description('delete generations that neither serve nor are being filled; there is no rollback to them after that')
    .argument('[projections...]', 'default: all')
    .option('--store <name>', IN_STORE)
    .option('--json', 'as JSON')
    .action((names: readonly string[], options: { json?: boolean; store?: string }) => run((context) => cleanup(context, names, options)))
    .addHelpText('after', '\nExamples:\n  mainstem cleanup\n  mainstem cleanup products');
};

const addForget = (mainstem: Command, run: Run): void => {
  mainstem
    .command('forget')
    .description('remove the leftovers of a projection that the application no longer has; this cannot be undone')
    .argument('<projection>')
    .option('--store <name>', 'only in this read store (default: all)')
    .option('--yes', 'do not ask')
    .action((name: string, options: ForgetOptions) => run((context) => forget(context, name, options)))
    .addHelpText('after', '\nExamples:\n  mainstem status\n  mainstem forget order-totals\n  mainstem forget order-totals --store sql --yes');
};

const addVerify = (mainstem: Command, run: Run): void => {
  mainstem
    .command('verify')
    .description(
      'fold the events again and compare: names every document, roll-up, row, leaderboard and index entry that differs; exit code 1 if one does',
    )
    .argument('[projections...]')
    .option('--store <name>', IN_STORE)
    .option('--all', 'all projections of the application')
    .option('--sample <percent>', 'only a share of the documents, always the same ones: 1%')
    .option('--json', 'as JSON; positions are decimal strings')
    .action((names: readonly string[], options: VerifyCommandOptions) => run((context) => verify(context, names, options)))
    .addHelpText(
      'after',
      '\nExamples:\n  mainstem verify --all\n  mainstem verify products customer-profiles --json\n  mainstem verify --all --sample 1%',
    );
};

const addShow = (mainstem: Command, run: Run): void => {
  mainstem
    .command('show')
    .description('documents of a read model as they are stored, one JSON object a line, by key')
    .argument('<projection>')
    .option('--store <name>', IN_STORE)
    .option('--collection <name>', 'a roll-up or a table of it (default: its documents)')
    .option('--generation <number>', 'default: the serving one')
    .option('--key <key>', 'only this document')
    .option('--limit <documents>', 'at most so many (default: 100)')
    .action((name: string, options: ShowOptions) => run((context) => show(context, name, options)))
    .addHelpText(
      'after',
      '\nExamples:\n  mainstem show products --key 85123A\n  mainstem show document-totals --collection customer-balances --limit 10\n  mainstem show ledger-totals --generation 3',
    );
};
