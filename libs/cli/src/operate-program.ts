// The commands with which operators examine an installation, with their options and help.
import type { Command } from 'commander';
import { doctor, type DoctorOptions } from './doctor/doctor.js';
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
