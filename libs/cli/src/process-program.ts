// The commands for processes, with their arguments, options and help.
import type { Command } from 'commander';
import { listDeadlines, type DeadlinesOptions } from './commands/deadlines.js';
import {
  cancelInstance,
  discardEffect,
  retryInstance,
  type CancelOptions,
  type DiscardOptions,
  type RetryOptions,
} from './commands/process-change.js';
import { listInstances, type ProcessListOptions } from './commands/process-list.js';
import { showInstance } from './commands/process-show.js';
import type { Run, Surroundings } from './surroundings.js';

export const addProcess = (mainstem: Command, run: Run): void => {
  const process = mainstem.command('process').description('instances of process managers: what they wait for, and what to do about stuck ones');
  process
    .command('list')
    .description('instances by state, then by key; by default those that are stuck, and those that have not ended')
    .argument('<process>')
    .option('--state <states...>', 'stuck, running, ended, cancelled')
    .option('--limit <instances>', 'at most so many (default: 100)')
    .option('--json', 'one JSON object a line')
    .action((name: string, options: ProcessListOptions) => run((context) => listInstances(context, name, options)));
  process
    .command('show')
    .description('one instance: open requests, pending deadlines, why it is stuck, its last inputs, its state')
    .argument('<process>')
    .argument('<key>')
    .option('--json', 'as JSON')
    .action((name: string, key: string, options: { json?: boolean }) => run((context) => showInstance(context, name, key, options)));
  process
    .command('retry')
    .description('send the stuck commands of an instance again, and ask again for effects that were given up, after the cause was removed')
    .argument('<process>')
    .argument('<key>')
    .option('--request <request>', 'only this one, such as mail#3')
    .action((name: string, key: string, options: RetryOptions) => run((context) => retryInstance(context, name, key, options)));
  process
    .command('discard')
    .description('end one effect that waits for an attempt or was given up; the instance goes on, and no rule is told')
    .argument('<process>')
    .argument('<key>')
    .argument('<request>', 'such as mail#3')
    .requiredOption('--reason <text>', 'why; the instance keeps it')
    .action((name: string, key: string, request: string, options: DiscardOptions) =>
      run((context) => discardEffect(context, { name, key, request }, options)),
    );
  process
    .command('cancel')
    .description('end an instance, whatever it waits for; this cannot be undone, and undoes no command or effect')
    .argument('<process>')
    .argument('<key>')
    .requiredOption('--reason <text>', 'why; the instance keeps it')
    .option('--yes', 'do not ask')
    .action((name: string, key: string, options: CancelOptions) => run((context) => cancelInstance(context, name, key, options)));
  process.addHelpText(
    'after',
    [
      '\nExamples, for a process named transfers:',
      'mainstem process list transfers --state stuck',
      'mainstem process show transfers t42',
      'mainstem process retry transfers t42',
      'mainstem process discard transfers t42 mail#3 --reason "told by telephone"',
      'mainstem process cancel transfers t42 --reason duplicate',
    ].join('\n  '),
  );
};

export const addDeadlines = (mainstem: Command, run: Run, { now }: Surroundings): void => {
  mainstem
    .command('deadlines')
    .description('pending deadlines of one process or of all, in order of time')
    .argument('[process]')
    .option('--overdue', 'only those whose time has passed')
    .option('--limit <deadlines>', 'at most so many (default: 100)')
    .option('--json', 'one JSON object a line')
    .action((name: string | undefined, options: Omit<DeadlinesOptions, 'now'>) => run((context) => listDeadlines(context, name, { ...options, now })))
    .addHelpText('after', '\nExamples:\n  mainstem deadlines\n  mainstem deadlines --overdue');
};
