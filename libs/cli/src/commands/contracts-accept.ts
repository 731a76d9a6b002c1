// mainstem contracts accept: the declared events become the lock file.
import { INTERRUPTED } from '../terminal/stop-signal.js';
import { counted } from '../format/amounts.js';
import type { CliContext } from './cli-context.js';
import { lockFileOf, readLockIfThere, writeLock } from './contract-lock-file.js';
import { contractsReport, reportLines } from './contracts-report.js';
import { lookAtContracts, type ContractsOptions } from './contracts-look.js';

/**
 * Exit code 0: written; 1: refused because of a breaking change, nothing was written; 130: interrupted, likewise.
 * A difference from the lock file counts as breaking whatever this store holds: the lock is that of all installations.
 * Errors: CLI_UNUSABLE_CONTRACT_LOCK, CLI_HISTORY_UNREADABLE, those of the settings.
 */
export const acceptContracts = async (context: CliContext, options: ContractsOptions & { readonly breaking?: boolean }): Promise<number> => {
  const { terminal } = context;
  const file = lockFileOf(options);
  const locked = await readLockIfThere(file);
  const look = await lookAtContracts(context, locked, options, 'every-store');
  if (look === undefined) return INTERRUPTED;
  const report = contractsReport(look, locked ?? {});
  for (const line of reportLines(report)) await terminal.print(line);
  if (report.isBreaking && !options.breaking) {
    terminal.say('Nothing was written. --breaking accepts it all the same, if no stored event of any installation needs the old form.');
    return 1;
  }
  await writeLock(file, look.declared);
  await terminal.print(`${file}: ${counted(Object.keys(look.declared).length, 'event')} written`);
  return 0;
};
