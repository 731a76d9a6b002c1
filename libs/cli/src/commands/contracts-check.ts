// mainstem contracts check: which changes of declared events break the readers of stored ones.
import { INTERRUPTED } from '../terminal/stop-signal.js';
import { toJson } from '../format/json.js';
import type { CliContext } from './cli-context.js';
import { lockFileOf, readLock } from './contract-lock-file.js';
import { contractsReport, reportLines } from './contracts-report.js';
import { lookAtContracts, type ContractsOptions } from './contracts-look.js';

/**
 * Exit code 0: nothing breaks; 1: something does; 130: interrupted. Errors: CLI_NO_CONTRACT_LOCK,
 * CLI_UNUSABLE_CONTRACT_LOCK, CLI_HISTORY_UNREADABLE, those of the settings.
 */
export const checkContracts = async (context: CliContext, options: ContractsOptions): Promise<number> => {
  const locked = await readLock(lockFileOf(options));
  const look = await lookAtContracts(context, locked, options, 'this-store');
  if (look === undefined) return INTERRUPTED;
  const report = contractsReport(look, locked);
  if (options.json) await context.terminal.print(toJson(report, true));
  else for (const line of reportLines(report)) await context.terminal.print(line);
  return report.isBreaking ? 1 : 0;
};
