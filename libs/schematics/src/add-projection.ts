// Adds a projection to an application: its files, and its place in a projector and in the query API.
import { editedIn } from './add-aggregate.js';
import { exportsIn, projectionIn } from './edit/declared-projection.js';
import { withElement, withImport, withProperty } from './edit/source-edit.js';
import { NameTaken } from './errors.js';
import { withFiles, type Files } from './files.js';
import { projectionModel, STORES, textFields, type ProjectionModel, type ProjectionRequest } from './request/projection-model.js';
import { projectionFiles, projectionNames } from './templates/projection.js';

const QUERY_MODULE = 'apps/query-api/src/query-api.module.ts';

/**
 * The files with the projection. A second time it changes nothing: its files may have been edited since, so they are
 * left alone. Another key, or an event that the projection does not have, is refused. Errors:
 * SCHEMATICS_INVALID_REQUEST, SCHEMATICS_NAME_TAKEN, SCHEMATICS_PLACE_NOT_FOUND, SCHEMATICS_FILE_MISSING.
 */
export const addProjection = (files: Files, request: ProjectionRequest): Files => {
  const model = projectionModel(files, request);
  for (const store of STORES.filter((other) => other !== model.store)) {
    const file = `apps/${store}-projector/src/${model.name}.projection.ts`;
    if (files.has(file)) throw new NameTaken(file, `There is a projection ${model.name} in ${store} already`);
  }
  assertEqual(files, model);
  const added = new Map([...projectionFiles(model)].filter(([path]) => !files.has(path)));
  const { controller } = projectionNames(model);
  const registry = `apps/${model.store}-projector/src/${model.store}-projections.ts`;
  return editedIn(withFiles(files, added), {
    [registry]: (text) => registered(registry, text, model),
    [QUERY_MODULE]: (text) =>
      withElement(
        QUERY_MODULE,
        withImport(QUERY_MODULE, text, controller, `./${model.name}.controller.js`),
        { kind: 'property', name: 'controllers' },
        controller,
      ),
  });
};

/** The files that are there export what is registered, and belong to the projection as it is asked for. */
const assertEqual = (files: Files, model: ProjectionModel): void => {
  const { controller, projection } = projectionNames(model);
  const file = `apps/${model.store}-projector/src/${model.name}.projection.ts`;
  const declaration = files.get(file);
  if (declaration !== undefined) {
    const { keys = [], events } = projectionIn(file, declaration, projection) ?? {};
    const there = `There is a projection ${model.name} already`;
    if (keys.length > 0 && !keys.includes(model.key)) throw new NameTaken(file, `${there}, with the key ${keys.join(', ')} and not ${model.key}`);
    const other = model.events.find(({ type }) => events?.includes(type) === false);
    if (other) throw new NameTaken(file, `${there}, which does not read ${other.type}`);
  }
  assertExports(files, file, registeredNames(model));
  assertExports(files, `apps/query-api/src/${model.name}.controller.ts`, [controller]);
};

const assertExports = (files: Files, file: string, names: readonly string[]): void => {
  const text = files.get(file);
  if (text === undefined) return;
  const exported = exportsIn(file, text);
  const missing = names.find((name) => !exported.includes(name));
  if (missing !== undefined) throw new NameTaken(file, `There is such a file already, and it does not export ${missing}`);
};

/** What the registry imports. */
const registeredNames = (model: ProjectionModel): readonly string[] => {
  const { document, projection, boards } = projectionNames(model);
  return [projection, ...(model.store === 'sql' ? [document] : []), ...(model.store === 'cache' && model.key !== 'stream' ? [boards] : [])];
};

const registered = (file: string, text: string, model: ProjectionModel): string => {
  const { document, projection, boards } = projectionNames(model);
  const from = `./${model.name}.projection.js`;
  const listed = withElement(file, withImport(file, text, projection, from), { kind: 'const', name: `${model.store}Projections` }, projection);
  switch (model.store) {
    case 'sql':
      return withElement(file, withImport(file, listed, document, from), { kind: 'const', name: 'sqlEntities' }, document);
    case 'cache':
      return model.key === 'stream'
        ? listed
        : withProperty(file, withImport(file, listed, boards, from), 'cacheCollections', model.name, `{ boards: ${boards} }`);
    case 'search':
      return withProperty(
        file,
        listed,
        'searchCollections',
        model.name,
        `{ text: [${textFields(model)
          .map((name) => `'${name}'`)
          .join(', ')}] }`,
      );
  }
};
