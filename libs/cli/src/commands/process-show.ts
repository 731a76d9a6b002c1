// mainstem process show: where one instance stands, from its own stream.
import { loadInstance, type InstanceReport, type OpenRequest, type StuckRequest, type TakenIn } from '@mainstem/process/operate';
import { toJson } from '../format/json.js';
import { table, type Column } from '../format/table.js';
import { chosenProcesses, unknownInstance } from './chosen-processes.js';
import { using, usingReadModels, type CliContext } from './cli-context.js';

/** Errors: CLI_NO_PROCESSES, CLI_INVALID_ARGUMENT, CLI_UNKNOWN_INSTANCE, those of the event store. */
export const showInstance = async (context: CliContext, name: string, key: string, options: { readonly json?: boolean }): Promise<number> => {
  const { application, settings, terminal, signal } = context;
  return using(application.openEvents(settings), (reader) =>
    usingReadModels({ application, settings }, async (readModels) => {
      for (const process of chosenProcesses(application, readModels, name)) {
        const report = await loadInstance(reader, process.manager, key, signal);
        if (!report) throw await unknownInstance(process, key);
        for (const line of options.json ? [toJson(report, true)] : instanceLines(report)) await terminal.print(line);
      }
      return 0;
    }),
  );
};

/** All that is known of it, for people. */
const instanceLines = (report: InstanceReport): readonly string[] => {
  const { process, key, stream, version, state, startedAt, reason, requests, stuck, deadlines, inputs, applicationState } = report;
  const isOpen = requests.length > 0 || stuck.length > 0 || deadlines.length > 0;
  return [
    `${process} ${key}: ${state}${reason === undefined ? '' : ` (${reason})`}`,
    `stream ${stream}, version ${version}, since ${startedAt}`,
    ...section('Stuck:', STUCK, stuck),
    ...section('Without an outcome:', REQUESTS, requests),
    ...section('Deadlines:', DEADLINES, deadlines),
    ...(isOpen ? [] : ['', 'It waits for nothing but events.']),
    ...section('Last inputs:', INPUTS, inputs),
    '',
    `State: ${toJson(applicationState)}`,
  ];
};

/** What an operator looks at before changing something. */
export const openLines = ({ requests, stuck, deadlines }: InstanceReport): readonly string[] => [
  ...section('Stuck:', STUCK, stuck),
  ...section('Without an outcome:', REQUESTS, requests),
  ...section('Deadlines:', DEADLINES, deadlines),
];

const section = <Row>(title: string, columns: readonly Column<Row>[], rows: readonly Row[]): readonly string[] =>
  rows.length === 0 ? [] : ['', title, ...table(columns, rows)];

const REQUESTS: readonly Column<OpenRequest>[] = [
  { title: 'request', value: ({ request }) => request },
  { title: 'command', value: ({ command }) => command },
  { title: 'to', value: ({ target }) => target },
  { title: 'since', value: ({ since }) => since },
];

const STUCK: readonly Column<StuckRequest>[] = [...REQUESTS, { title: 'why', value: ({ code, message }) => `${code}: ${message}` }];

const DEADLINES: readonly Column<InstanceReport['deadlines'][number]>[] = [
  { title: 'at', value: ({ at }) => at },
  { title: 'deadline', value: ({ deadline }) => deadline },
];

const INPUTS: readonly Column<TakenIn>[] = [
  { title: 'at', value: ({ recordedAt }) => recordedAt },
  { title: 'input', value: ({ type }) => type },
  { title: 'of', value: ({ of }) => of },
];
