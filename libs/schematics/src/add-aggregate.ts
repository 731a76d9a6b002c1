// Adds an aggregate to an application: its files, and its place among the commands.
import { eventsIn } from './edit/declared-events.js';
import { withElement, withImport } from './edit/source-edit.js';
import { FileMissing, NameTaken } from './errors.js';
import { withFiles, type Files } from './files.js';
import { aggregateModel, type AggregateModel, type AggregateRequest } from './request/aggregate-model.js';
import { camelOf, kebabOf } from './model/names.js';
import { aggregateFiles } from './templates/aggregate.js';

const AGGREGATES = 'src/aggregates.ts';
const MODULE = 'src/commands.module.ts';

/**
 * The files with the aggregate. A second time it changes nothing: its files may have been edited since, so they are
 * left alone. Errors: SCHEMATICS_INVALID_REQUEST, SCHEMATICS_NAME_TAKEN, SCHEMATICS_PLACE_NOT_FOUND,
 * SCHEMATICS_FILE_MISSING.
 */
export const addAggregate = (files: Files, request: AggregateRequest): Files => {
  const model = aggregateModel(request);
  const camel = camelOf(model.name);
  const kebab = kebabOf(model.name);
  const created = aggregateFiles(model);
  assertFree(files, `src/${kebab}/`, model, created);
  const folder = `./${kebab}/${kebab}`;
  const added = new Map([...created].filter(([path]) => !files.has(path)));
  return editedIn(withFiles(files, added), {
    [AGGREGATES]: (text) =>
      withElement(AGGREGATES, withImport(AGGREGATES, text, camel, `${folder}.aggregate.js`), { kind: 'const', name: 'aggregates' }, camel),
    [MODULE]: (text) => {
      const imported = withImport(
        MODULE,
        withImport(MODULE, text, `${model.name}Controller`, `${folder}.controller.js`),
        `${camel}Handlers`,
        `${folder}.handlers.js`,
      );
      const controlled = withElement(MODULE, imported, { kind: 'property', name: 'controllers' }, `${model.name}Controller`);
      return withElement(MODULE, controlled, { kind: 'property', name: 'providers' }, `...${camel}Handlers`);
    },
  });
};

/** A folder of that name belongs to this aggregate, as it was asked for, or to something else. */
const assertFree = (files: Files, folder: string, { name, events }: AggregateModel, created: Files): void => {
  const [there] = [...files.keys()].filter((path) => path.startsWith(folder));
  if (there === undefined) return;
  const declared = files.get([...created.keys()].find((path) => path.endsWith('.events.ts')) ?? '');
  if (declared === undefined) throw new NameTaken(there, `There is a folder ${folder} already, which is not the one of an aggregate ${name}`);
  const known = eventsIn(there, declared).map(({ type }) => type);
  const other = events.find(({ type }) => !known.includes(type));
  if (other) throw new NameTaken(there, `There is an aggregate ${name} already, without an event ${other.type}`);
};

/** Each file as its function changes it. Errors: SCHEMATICS_FILE_MISSING, and those of the functions. */
export const editedIn = (files: Files, edits: Readonly<Record<string, (text: string) => string>>): Files => {
  const changed = Object.entries(edits).map(([path, edit]): [string, string] => {
    const text = files.get(path);
    if (text === undefined) throw new FileMissing(path, 'Run the command in the folder of an application that mainstem new has made.');
    return [path, edit(text)];
  });
  return withFiles(files, new Map(changed));
};
