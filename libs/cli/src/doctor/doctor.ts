// mainstem doctor: looks at everything that an installation needs, and tells the cure of each finding.
import path from 'node:path';
import { applicationFile } from '../load-application.js';
import { counted } from '../format/amounts.js';
import { toJson } from '../format/json.js';
import { looked, type Examination } from './examination.js';
import { examinedFolder } from './examined-folder.js';
import { examinedProjections } from './examined-projections.js';
import { examinedSchemas, examinedStores, storesTogether } from './examined-stores.js';
import { examinedPackages } from './installed-packages.js';
import { InvalidArgument } from '../errors.js';
import { INTERRUPTED } from '../terminal/stop-signal.js';
import type { CliContext } from '../commands/cli-context.js';

export interface DoctorOptions {
  /** The time limit of each look, in seconds; default 15. */
  readonly timeout?: string;
  readonly json?: boolean;
  readonly now: () => number;
  /** Where the command was called. */
  readonly folder: string;
}

const TIMEOUT_S_DEFAULT = 15;
const TIMEOUT_S_MAX = 600;

/**
 * Exit code 0: nothing was found. 1: something was. 130: interrupted. It repairs nothing. It looks at stores at once,
 * then at schemas, then at projections, each of these within the time limit. Errors: CLI_INVALID_ARGUMENT, those of the
 * settings.
 */
export const doctor = async (context: CliContext, options: DoctorOptions): Promise<number> => {
  const { terminal, signal } = context;
  const timeoutMs = timeoutOf(options.timeout) * 1_000;
  try {
    const found = await examinations(context, options, timeoutMs);
    for (const line of options.json ? [toJson(found, true)] : report(found)) await terminal.print(line);
    return found.every(({ findings }) => findings.length === 0) ? 0 : 1;
  } catch (error) {
    if (signal.aborted) return INTERRUPTED;
    throw error;
  }
};

const examinations = async (context: CliContext, { now, folder }: DoctorOptions, timeoutMs: number): Promise<readonly Examination[]> => {
  const { application, settings, signal } = context;
  const look = { timeoutMs, signal, now };
  const { dir, stores } = application.examined?.(settings) ?? { stores: storesTogether(application, settings) };
  const packages = examinedPackages(path.dirname(applicationFile(folder)));
  const files = dir === undefined ? [] : [await looked(`folder ${dir}`, 'Correct its rights or its disk.', look, () => examinedFolder(dir))];
  const opened = await examinedStores(stores, look);
  const schemas = await examinedSchemas(application.schemas?.(settings) ?? [], look);
  const areAllThere = opened.every(({ facts }) => facts.length > 0);
  const projections = areAllThere
    ? await looked('projections', 'Do what the message says, then look again.', look, () => examinedProjections(context, now))
    : { subject: 'projections', facts: [], findings: [], skipped: 'a store cannot be opened' };
  return [packages, ...files, ...opened, ...schemas, projections];
};

const timeoutOf = (text: string | undefined): number => {
  if (text === undefined) return TIMEOUT_S_DEFAULT;
  const seconds = Number(text);
  if (/^[0-9]+$/.test(text) && seconds >= 1 && seconds <= TIMEOUT_S_MAX) return seconds;
  throw new InvalidArgument('--timeout', `must be seconds from 1 to ${TIMEOUT_S_MAX}, got "${text}"`);
};

const report = (found: readonly Examination[]): readonly string[] => {
  const findings = found.flatMap((one) => one.findings);
  return [
    ...found.flatMap(({ subject, facts, findings: own, skipped }) => [
      skipped === undefined
        ? `${own.length === 0 ? '✔' : '✘'} ${[subject, ...(facts.length > 0 ? [facts.join(', ')] : [])].join(': ')}`
        : `– ${subject}: not looked at, because ${skipped}`,
      ...own.flatMap(({ problem, cure }) => [`    ${problem}`, `    → ${cure}`]),
    ]),
    '',
    findings.length === 0 ? 'Nothing found.' : `${counted(findings.length, 'finding')}.`,
  ];
};
