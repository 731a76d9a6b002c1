// mainstem import: sends a file of events through the command handlers, with progress, and reports what was odd.
import type { ImportSummary } from '../application.js';
import { NoImport } from '../errors.js';
import { count, counted } from '../format/amounts.js';
import { table, type Column } from '../format/table.js';
import { ImportBar } from '../terminal/import-bar.js';
import { INTERRUPTED } from '../terminal/stop-signal.js';
import type { CliContext } from './cli-context.js';

const IDS_SHOWN_MAX = 3;

export interface ImportOptions {
  /** The file for rejected lines; the application has a default. */
  readonly rejects?: string;
}

/**
 * Exit code 0: everything is in the event store. 1: some lines were rejected, or the rules could not be checked. 130:
 * interrupted, and can be continued. Errors: CLI_NO_IMPORT.
 */
export const importFile = async (context: CliContext, file: string, options: ImportOptions): Promise<number> => {
  const { application, settings, terminal, signal } = context;
  if (!application.importFile) throw new NoImport(application.name);
  const bar = new ImportBar(terminal, performance.now.bind(performance));
  let summary: ImportSummary;
  try {
    const rejectsFile = options.rejects;
    const onProgress = bar.update.bind(bar);
    summary = await application.importFile(settings, { file, onProgress, signal, ...(rejectsFile !== undefined && { rejectsFile }) });
  } finally {
    bar.stop();
  }
  for (const line of report(summary)) await terminal.print(line);
  if (summary.isInterrupted) {
    terminal.say('Interrupted. Run the same command again: it goes on where it stopped.');
    return INTERRUPTED;
  }
  return summary.rejects.length === 0 && summary.violationsProblem === undefined ? 0 : 1;
};

const report = (summary: ImportSummary): readonly string[] => {
  const { lines, appended, alreadyThere, remarks = [], rejects, rejectsFile, violations, violationsProblem } = summary;
  const taken = `${counted(lines, 'line')}: ${counted(appended, 'new event')}, ${count(alreadyThere)} there already`;
  return [
    taken,
    ...remarks.map((remark) => `  ${remark}`),
    ...rejects.map(({ reason, count: times }) => `  set aside, ${reason}: ${counted(times, 'line')}`),
    ...(rejects.length > 0 && rejectsFile ? [`  their numbers, reasons and texts are in ${rejectsFile}`] : []),
    ...(violations === undefined
      ? [`Rules that the data breaks: not known yet${violationsProblem === undefined ? '.' : `, and all events are recorded. ${violationsProblem}`}`]
      : ['Rules that the data breaks (all events are recorded nevertheless):', ...table(COLUMNS, violations)]),
  ];
};

const COLUMNS: readonly Column<NonNullable<ImportSummary['violations']>[number]>[] = [
  { title: 'rule', value: ({ rule }) => rule },
  { title: 'count', value: (violation) => count(violation.count), align: 'right' },
  { title: 'ids', value: ({ ids, count: times }) => [...ids.slice(0, IDS_SHOWN_MAX), ...(times > IDS_SHOWN_MAX ? ['…'] : [])].join(', ') },
];
