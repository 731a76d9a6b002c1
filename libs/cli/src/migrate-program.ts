// The command that makes and upgrades schemas on servers, with its options and help.
import type { Command } from 'commander';
import { migrate, type MigrateCommandOptions } from './commands/migrate.js';
import type { Run } from './surroundings.js';

export const addMigrate = (mainstem: Command, run: Run): void => {
  mainstem
    .command('migrate')
    .description('make the schemas on servers, or bring them to the version of this program, while applications run')
    .option('--print', 'print the SQL for an administrator instead; connects to nothing')
    .option('--owner <role>', 'with --print: the role that owns the schema (default: mainstem_owner)')
    .option('--application <role>', 'with --print: the role of the applications (default: mainstem_application)')
    .option('--from <version>', 'with --print: upgrade a schema of this version')
    .action((options: MigrateCommandOptions) => run((context) => migrate(context, options)))
    .addHelpText(
      'after',
      '\nExamples:\n  mainstem migrate\n  mainstem migrate --print --owner dba --application shop > schema.sql\n  mainstem migrate --print --from 1 > upgrade.sql',
    );
};
