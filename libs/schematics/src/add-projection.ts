// Adds a projection to an application: its files, and its place in a projector and in the query API.
import { editedIn } from './add-aggregate.js';
import { withElement, withImport, withProperty } from './edit/source-edit.js';
import { NameTaken } from './errors.js';
import { withFiles, type Files } from './files.js';
import { projectionModel, STORES, textFields, type ProjectionModel, type ProjectionRequest } from './request/projection-model.js';
import { projectionFiles, projectionNames } from './templates/projection.js';

const QUERY_MODULE = 'apps/query-api/src/query-api.module.ts';

/**
 * The files with the projection. A second time it changes nothing: its files may have been edited since, so they are
 * left alone. Errors: SCHEMATICS_INVALID_REQUEST, SCHEMATICS_NAME_TAKEN, SCHEMATICS_PLACE_NOT_FOUND,
 * SCHEMATICS_FILE_MISSING.
 */
export const addProjection = (files: Files, request: ProjectionRequest): Files => {
  const model = projectionModel(files, request);
  for (const store of STORES.filter((other) => other !== model.store)) {
    const file = `apps/${store}-projector/src/${model.name}.projection.ts`;
    if (files.has(file)) throw new NameTaken(file, `There is a projection ${model.name} in ${store} already`);
  }
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
