// The command that copies an event store, with its options and help.
import type { Command } from 'commander';
import { copy, type CopyCommandOptions } from './commands/copy.js';
import type { Run } from './surroundings.js';

export const addCopy = (mainstem: Command, run: Run): void => {
  mainstem
    .command('copy')
    .description('copy all events into another event store, in their order, and compare; killed, it goes on with the next start')
    .requiredOption('--from <event store>', 'where the events are, as EVENT_STORE takes it; it is only read')
    .requiredOption('--to <event store>', 'an empty event store, or one with the beginning of this copy')
    .option('--follow', 'go on with what is appended to the source, until Ctrl-C')
    .option('--verify', 'copy nothing, compare the two; exit code 1 with the first difference')
    .option('--json', 'the report as JSON')
    .action((options: CopyCommandOptions) => run((context) => copy(context, options)))
    .addHelpText(
      'after',
      '\nEvent stores: embedded (the folder of --dir), embedded:<folder>, postgres://…, esdb://…\n' +
        '\nExamples:\n  mainstem copy --from embedded --to postgres://shop@localhost:5432/shop\n' +
        '  mainstem copy --from embedded --to postgres://shop@localhost:5432/shop --verify\n' +
        '  mainstem copy --from esdb://localhost:2113?tls=false --to embedded:/srv/shop --follow',
    );
};
