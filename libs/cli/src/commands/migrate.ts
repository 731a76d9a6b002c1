// mainstem migrate: makes or upgrades the schemas on servers, or prints the SQL for an administrator.
import { InvalidArgument } from '../errors.js';
import { INTERRUPTED } from '../terminal/stop-signal.js';
import type { CliContext } from './cli-context.js';
import { wholeNumber } from './whole-number.js';

export interface MigrateCommandOptions {
  /** True: print plain SQL, connect to nothing. */
  readonly print?: boolean;
  readonly owner?: string;
  readonly application?: string;
  /** The version from which the SQL upgrades. */
  readonly from?: string;
}

const OWNER = 'mainstem_owner';
const APPLICATION = 'mainstem_application';

/**
 * Exit code 0: each schema is as this program needs it, or the SQL was printed. 130: interrupted, and can be repeated.
 * Errors: CLI_INVALID_ARGUMENT, those of the stores.
 */
export const migrate = async (context: CliContext, options: MigrateCommandOptions): Promise<number> => {
  const { application, settings, terminal, signal } = context;
  const schemas = application.schemas?.(settings) ?? [];
  if (options.print) return printScripts(context, options);
  for (const name of ['owner', 'application', 'from'] as const)
    if (options[name] !== undefined) throw new InvalidArgument(`--${name}`, 'goes with --print.');
  if (schemas.length === 0) await terminal.print('Nothing to migrate: no store of this application has a schema on a server.');
  for (const schema of schemas) {
    if (signal.aborted) return INTERRUPTED;
    try {
      await terminal.print(`${schema.title}: ${await schema.migrate(signal)}`);
    } catch (error) {
      if (signal.aborted) return INTERRUPTED;
      throw error;
    }
  }
  return 0;
};

const printScripts = async ({ application, settings, terminal }: CliContext, options: MigrateCommandOptions): Promise<number> => {
  const from = options.from === undefined ? undefined : wholeNumber('--from', options.from);
  const roles = { owner: options.owner ?? OWNER, application: options.application ?? APPLICATION, ...(from !== undefined && { from }) };
  for (const { title, script } of application.schemas?.(settings) ?? []) {
    await terminal.print(script ? script(roles) : `-- ${title}: its processes make and upgrade their tables themselves.`);
  }
  return 0;
};
