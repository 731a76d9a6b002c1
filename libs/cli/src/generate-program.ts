// The commands that generate code, with their arguments, options and help. They never load the application.
import { Option, type Command } from 'commander';
import { addTo, type AddOptions } from './generate/add-to.js';
import { makeApplication, type NewOptions } from './generate/make-application.js';
import type { Surroundings } from './surroundings.js';

/** Runs one command that needs no application. */
type RunHere = (work: (surroundings: Surroundings) => Promise<number>) => Promise<void>;

const EVENTS = '"Opened(subject:string, priority:int), Assigned(agent:string), Closed()"';
const TYPES = `
Types of fields: string, int, decimal, date, datetime, boolean, enum(low|high), list(string), {street:string}. A "?" behind
the name makes a field optional: note?:string.`;

export const addNew = (mainstem: Command, run: RunHere): void => {
  mainstem
    .command('new')
    .description('make an application in a new folder: one aggregate, a projection for each kind of read store, specs, deployment')
    .argument('<name>', 'lower-case words with dashes; also the name of the folder')
    .option('--packages <folder>', 'use the packed packages of this folder (npm pack), in place of published ones')
    .addOption(new Option('--event-store <store>', 'where events can be').choices(['embedded', 'postgres', 'eventstoredb']).default('embedded'))
    .addOption(new Option('--sql <store>', 'where SQL read models can be').choices(['sqlite', 'postgres', 'mariadb']).default('sqlite'))
    .addOption(new Option('--cache <store>', 'where the cache can be').choices(['embedded', 'redis']).default('embedded'))
    .addOption(new Option('--search <store>', 'where the search index can be').choices(['embedded', 'opensearch']).default('embedded'))
    .option('--yes', 'do not ask')
    .action((name: string, options: NewOptions) => run((surroundings) => makeApplication(surroundings, name, options)))
    .addHelpText(
      'after',
      `
A server that is chosen gets its place in dependencies, compose file and .env.example; the environment decides at run time.

Examples:
  mainstem new my-shop --packages packages
  mainstem new my-shop --yes --event-store postgres --sql postgres --cache redis --search opensearch`,
    );
};

export const addAdd = (mainstem: Command, run: RunHere): void => {
  const add = mainstem
    .command('add')
    .description('generate code in an application, and register it in the files that are there; a repeat changes nothing');
  add
    .command('aggregate')
    .description('events, commands, rules, HTTP routes and a spec')
    .argument('<name>', 'like Ticket or SupportCase')
    .requiredOption('--events <list>', 'with the fields of each')
    .option('--commands <list>', 'one for each event, in their order (default: made of the events: Opened, OpenTicket)')
    .option('--dry-run', 'only show what would change')
    .action((name: string, { dryRun, events, commands }: AddOptions & { events: string; commands?: string }) =>
      run((surroundings) =>
        addTo(surroundings, { dryRun }, (generators, files) =>
          generators.addAggregate(files, { name, events, ...(commands !== undefined && { commands }) }),
        ),
      ),
    )
    .addHelpText('after', TYPES);
  add
    .command('projection')
    .description('a read model with its document, a spec and a controller')
    .argument('<name>', 'lower-case words with dashes')
    .addOption(new Option('--store <store>', 'which read store').choices(['sql', 'cache', 'search']).makeOptionMandatory())
    .requiredOption('--events <list>', 'like Ticket.Opened,Ticket.Assigned')
    .option('--key <key>', 'a document for each stream, or for each value of this field of the events', 'stream')
    .option('--dry-run', 'only show what would change')
    .action((name: string, { dryRun, ...request }: AddOptions & { store: 'sql' | 'cache' | 'search'; events: string; key: string }) =>
      run((surroundings) => addTo(surroundings, { dryRun }, (generators, files) => generators.addProjection(files, { name, ...request }))),
    );
  add.addHelpText(
    'after',
    [
      '\nExamples:',
      `mainstem add aggregate Ticket --events ${EVENTS}`,
      'mainstem add projection tickets-by-agent --store sql --events Ticket.Assigned --key agent',
      'mainstem add projection ticket-search --store search --events Ticket.Opened,Ticket.Closed --dry-run',
    ].join('\n  '),
  );
};
