// mainstem contracts catalogue: a page in Markdown of all events, with who writes and who reads each.
import { contractsOf, type EventContract, type FieldContracts, type ValueContract } from '@mainstem/event-store/contract';
import type { CliContext } from './cli-context.js';
import { readersOf, type EventReaders } from './event-readers.js';
import { nestedClassesOf } from './nested-classes.js';
import { putOut, type OutOptions } from './put-out.js';

/** Exit code 0. Errors: CLI_OUTPUT_UNWRITABLE. */
export const printCatalogue = async (context: CliContext, options: OutOptions): Promise<number> => {
  const readers = await readersOf(context);
  const { events } = contractsOf(readers.registries, nestedClassesOf(options.folder));
  await putOut(context.terminal, catalogue(context.application.name, Object.entries(events), readers), options);
  return 0;
};

type NamedContract = readonly [name: string, contract: EventContract];

const catalogue = (application: string, events: readonly NamedContract[], readers: EventReaders): readonly string[] => [
  `# Events of ${inMarkdown(application)}`,
  '',
  ...(readers.problem === undefined ? [] : [`Readers besides aggregates are not known: ${inMarkdown(readers.problem)}`, '']),
  '| event | schema version | written by | read by |',
  '| --- | --- | --- | --- |',
  ...events.map(([name, { version }]) => row([name, `${version}`, writersOf(name, readers), othersOf(name, readers)])),
  ...events.flatMap((event) => section(event, readers)),
];

const section = ([name, { version, fields }]: NamedContract, readers: EventReaders): readonly string[] => [
  '',
  `## ${inMarkdown(name)}`,
  '',
  `Schema version ${version}. Written by: ${writersOf(name, readers)}. Read by: ${othersOf(name, readers)}.`,
  '',
  ...(Object.keys(fields).length === 0
    ? ['It has no fields.']
    : ['| field | type | may be missing | may be null | rules |', '| --- | --- | --- | --- | --- |', ...fieldRows(fields)]),
];

const fieldRows = (fields: FieldContracts, parent = ''): readonly string[] =>
  Object.entries(fields).flatMap(([name, field]) => {
    const path = `${parent}${name}`;
    const rules = [rulesText(field), ...(field.conditional ? ['under a condition'] : [])].filter((text) => text !== '');
    return [
      row([path, typeText(field), field.optional ? 'yes' : '', field.nullable ? 'yes' : '', rules.join(', ')]),
      ...fieldRows(field.fields ?? {}, `${path}.`),
      ...fieldRows(field.items?.fields ?? {}, `${path}[].`),
    ];
  });

const typeText = ({ type, items }: ValueContract): string => (items === undefined ? type : `${type} of ${items.type}`);

const rulesText = ({ rules = {}, items }: ValueContract): string =>
  [
    ...Object.entries(rules).map(([name, term]) =>
      term === true ? name : `${name} ${Array.isArray(term) ? term.map(String).join(', ') : String(term)}`,
    ),
    ...(items?.rules ? [`each: ${rulesText({ type: '', rules: items.rules })}`] : []),
  ].join(', ');

const writersOf = (name: string, { byEvent }: EventReaders): string =>
  byEvent
    .get(name)
    ?.filter((reader) => reader.startsWith('aggregate '))
    .join(', ') || 'another program';

const othersOf = (name: string, { byEvent }: EventReaders): string =>
  byEvent
    .get(name)
    ?.filter((reader) => !reader.startsWith('aggregate '))
    .join(', ') || 'its aggregate alone';

const row = (cells: readonly string[]): string => `| ${cells.map(inMarkdown).join(' | ')} |`;

/** Signs that Markdown would take for its own. */
const inMarkdown = (text: string): string => text.replaceAll(/[\\|*_`<>[\]]/g, '\\$&').replaceAll('\n', ' ');
