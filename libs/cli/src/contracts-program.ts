// The commands that keep declared events and stored ones together, with their options and help.
import type { Command } from 'commander';
import { acceptContracts } from './commands/contracts-accept.js';
import { printCatalogue } from './commands/contracts-catalogue.js';
import { checkContracts } from './commands/contracts-check.js';
import type { ContractsOptions } from './commands/contracts-look.js';
import { printSchema } from './commands/contracts-schema.js';
import type { Run, Surroundings } from './surroundings.js';

const OUT = 'put it into this file as a whole, in place of printing it';
const LOCK = 'the lock file (default: contracts.lock.json beside the package.json of the application)';

export const addContracts = (mainstem: Command, run: Run, { folder }: Surroundings): void => {
  const contracts = mainstem.command('contracts').description('what declared events promise to those who read stored ones');
  contracts
    .command('check')
    .description(
      'compare declared events with the lock file and with stored events; exit code 1 for a breaking change, 2 if something cannot be compared',
    )
    .option('--whole', 'read every stored event, in place of a sample of each type and place')
    .option('--no-history', 'read no stored event')
    .option('--lock <file>', LOCK)
    .option('--json', 'the report as JSON; positions are decimal strings')
    .action((options: Omit<ContractsOptions, 'folder'>) => run((context) => checkContracts(context, { ...options, folder })));
  contracts
    .command('accept')
    .description('write the declared events into the lock file; a breaking change is refused with exit code 1, whatever this event store holds')
    .option('--breaking', 'also a breaking change: no stored event of any installation needs the old form')
    .option('--whole', 'read every stored event, in place of a sample of each type and place')
    .option('--no-history', 'read no stored event')
    .option('--lock <file>', LOCK)
    .action((options: Omit<ContractsOptions, 'folder'> & { readonly breaking?: boolean }) =>
      run((context) => acceptContracts(context, { ...options, folder })),
    );
  contracts
    .command('schema')
    .description('JSON Schema (2020-12) of the payloads of all declared events, as $defs in one document')
    .option('--out <file>', OUT)
    .action((options: { readonly out?: string }) => run((context) => printSchema(context, { ...options, folder })));
  contracts
    .command('catalogue')
    .description('a page in Markdown: all events with their fields, who writes them, and who reads them')
    .option('--out <file>', OUT)
    .action((options: { readonly out?: string }) => run((context) => printCatalogue(context, { ...options, folder })));
  contracts.addHelpText(
    'after',
    [
      '\nExamples:',
      'mainstem contracts check                      the lock file and a sample of the stored events',
      'mainstem contracts check --no-history         for CI without an event store',
      'mainstem contracts check --whole',
      'mainstem contracts accept --no-history',
      'mainstem contracts schema --out events.schema.json',
      'mainstem contracts catalogue --out events.md',
    ].join('\n  '),
  );
};
