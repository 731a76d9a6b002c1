// The commands with which operators examine an installation, with their options and help.
import type { Command } from 'commander';
import { doctor, type DoctorOptions } from './doctor/doctor.js';
import { pause, resume, type PauseCommandOptions } from './commands/pause.js';
import type { Run, Surroundings } from './surroundings.js';

export const addDoctor = (mainstem: Command, run: Run, { now, folder }: Surroundings): void => {
  mainstem
    .command('doctor')
    .description('look at packages, folder, stores, clocks, schemas and projections; tells the cure of each finding; exit code 1 if there is one')
    .option('--timeout <seconds>', 'the time limit of each look (default: 15)')
    .option('--json', 'as JSON')
    .action((options: Omit<DoctorOptions, 'now' | 'folder'>) => run((context) => doctor(context, { ...options, now, folder })))
    .addHelpText('after', "\nExamples:\n  mainstem doctor\n  mainstem doctor --timeout 5 --json | jq '.[].findings[]'");
};

export const addPause = (mainstem: Command, run: Run): void => {
  const store = ['--store <name>', 'only in this read store; needed for a name that is in several'] as const;
  mainstem
    .command('pause')
    .description(
      'let no projector write a projection, also one that starts later; queries go on with what is there; exit code 1 if a process still writes',
    )
    .argument('<projection>')
    .option('--reason <text>', 'why, for status, health and errors')
    .option(...store)
    .option('--json', 'as JSON')
    .action((name: string, options: PauseCommandOptions) => run((context) => pause(context, name, options)))
    .addHelpText('after', '\nExamples:\n  mainstem pause products\n  mainstem pause products --reason "moving the server"');
  mainstem
    .command('resume')
    .description('end a pause: projectors go on where they were')
    .argument('<projection>')
    .option(...store)
    .option('--json', 'as JSON')
    .action((name: string, options: { store?: string; json?: boolean }) => run((context) => resume(context, name, options)))
    .addHelpText('after', '\nExamples:\n  mainstem resume products');
};
