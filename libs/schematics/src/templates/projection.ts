// The files of a projection: its document with the functions that fill it, a spec, and a controller.
import type { Files } from '../files.js';
import { typeText, type Field } from '../model/fields.js';
import { camelOf, kebabOf, pascalOf, wordsOf } from '../model/names.js';
import { textFields, type ProjectedEvent, type ProjectionModel, type StoreName } from '../request/projection-model.js';
import { bracketed } from './layout.js';
import { exampleOf, exampleValue } from './payload.js';

/** The store as sentences name it. */
const SAID: Readonly<Record<StoreName, string>> = { sql: 'SQL', cache: 'the cache', search: 'the search index' };

/** In `apps/<store>-projector/src` and `apps/query-api/src`. */
export const projectionFiles = (model: ProjectionModel): Files =>
  new Map([
    [`apps/${model.store}-projector/src/${model.name}.projection.ts`, projectionFile(model)],
    [`apps/${model.store}-projector/src/${model.name}.spec.ts`, specFile(model)],
    [`apps/query-api/src/${model.name}.controller.ts`, controllerFile(model)],
  ]);

/** Names that code uses for the projection. */
export const projectionNames = ({ name }: Pick<ProjectionModel, 'name'>) => {
  const pascal = pascalOf(name);
  return { document: pascal, projection: `${camelOf(pascal)}Projection`, boards: `${camelOf(pascal)}Boards`, controller: `${pascal}Controller` };
};

const registries = ({ events }: ProjectionModel): readonly string[] => [...new Set(events.map(({ aggregate }) => aggregate))];
const isByStream = ({ key }: ProjectionModel): boolean => key === 'stream';
const statusOf = ({ past }: ProjectedEvent): string => kebabOf(past);
const said = ({ name }: ProjectionModel): string => name.replaceAll('-', ' ');

/** In the document every field of an event is there, with null until it is known. Nested ones are kept as they are. */
const documentType = ({ type }: Field): string => (['nested', 'list'].includes(type.kind) ? 'unknown' : typeText(type, ''));

const COLUMNS: Readonly<Record<string, string>> = { int: 'double precision', boolean: 'boolean', list: 'simple-json', nested: 'simple-json' };

const spoken = (name: string): string => wordsOf(name).join(' ');

const projectionFile = (model: ProjectionModel): string => {
  const { name, store, events } = model;
  const { document, projection, boards } = projectionNames(model);
  const isSql = store === 'sql';
  const hasBoards = store === 'cache' && !isByStream(model);
  const projectionImports = [...(hasBoards ? ['type BoardEntry', 'documentProjection'] : ['documentProjection'])];
  const shape = isByStream(model) ? streamDocument(model) : countDocument(model);
  const subject = isByStream(model) ? registries(model).map(spoken).join(' and each ') : spoken(model.key);
  return `// In ${SAID[store]}: ${said(model)}. One document for each ${subject}.
${registries(model)
  .map((one) => `import { ${camelOf(one)}Events } from '#src/${kebabOf(one)}/${kebabOf(one)}.events.js';\n`)
  .join('')}import { ${projectionImports.join(', ')} } from '@mainstem/projection';
${isSql ? `import { Column, Entity, PrimaryColumn } from 'typeorm';\n` : ''}
${isSql ? `@Entity('${name.replaceAll('-', '_')}')\n` : ''}export class ${document} {
${shape.members.map(({ column, text }) => `  ${isSql ? `${column} ` : ''}${text}\n`).join('')}}

export const ${projection} = documentProjection({
  name: '${name}',
  version: 1,
  document: ${document},
  events: [${registries(model)
    .map((one) => `${camelOf(one)}Events`)
    .join(', ')}],
  key: (event) => ${keyOf(model)},
  evolve: {
${events.map((event) => `${shape.evolve(event)}\n`).join('')}  },
});
${shape.after}${
    hasBoards
      ? `
/** A leaderboard: the highest count first. */
export const ${boards} = (document: ${document}): readonly BoardEntry[] => [{ board: 'count', score: document.count }];
`
      : ''
  }`;
};

interface Shape {
  readonly members: readonly { readonly column: string; readonly text: string }[];
  readonly evolve: (event: ProjectedEvent) => string;
  readonly after: string;
}

const streamDocument = (model: ProjectionModel): Shape => {
  const { document } = projectionNames(model);
  return {
    members: [
      { column: `@PrimaryColumn('text')`, text: 'stream!: string;' },
      { column: `@Column('text')`, text: 'status!: string;' },
      ...model.fields.map((field) => ({
        column: `@Column('${COLUMNS[field.type.kind] ?? 'text'}', { nullable: true })`,
        text: `${field.name}!: ${documentType(field) === 'unknown' ? 'unknown' : `${documentType(field)} | null`};`,
      })),
    ],
    evolve: (event) => {
      const values = event.fields.map(({ name, isOptional }) => `${name}: data.${name}${isOptional ? ' ?? null' : ''}`);
      const parts = values.length > 0 ? '{ stream, data }' : '{ stream }';
      const fields = ['...(before ?? blank(stream))', `status: '${statusOf(event)}'`, ...values];
      return bracketed(`    ${event.type}: (before, ${parts}) => `, ['({', '})'], fields, ',');
    },
    after: `
/** Before the first of its events. */
${bracketed(`const blank = (stream: string): ${document} => `, ['({', '})'], ['stream', `status: 'unknown'`, ...model.fields.map(({ name }) => `${name}: null`)], ';')}
`,
  };
};

const countDocument = (model: ProjectionModel): Shape => ({
  members: [
    { column: `@PrimaryColumn('text')`, text: `${model.key}!: string;` },
    { column: `@Column('double precision')`, text: 'count!: number;' },
    { column: `@Column('text')`, text: 'lastStream!: string;' },
  ],
  evolve: ({ type }) =>
    bracketed(
      `    ${type}: (before, { stream }, key) => `,
      ['({', '})'],
      [`${model.key}: key`, 'count: (before?.count ?? 0) + 1', 'lastStream: stream'],
      ',',
    ),
  after: '',
});

const keyOf = (model: ProjectionModel): string => {
  if (isByStream(model)) return 'event.stream';
  const parts = model.events.map(({ type, fields }) => {
    const field = fields.find(({ name }) => name === model.key);
    const value = `event.data.${model.key}`;
    const isText = field?.type.kind !== 'int' && field?.type.kind !== 'boolean';
    const key = isText
      ? `${value}${field?.isOptional ? ' ?? null' : ''}`
      : field.isOptional
        ? `${value} === undefined ? null : String(${value})`
        : `String(${value})`;
    return { type, key };
  });
  const key = parts[0]?.key ?? '';
  if (parts.every((part) => part.key === key))
    return `(${parts.map(({ type }) => `event.type === '${type}'`).join(' || ')} ? ${key.includes(' ? ') || key.includes('??') ? `(${key})` : key} : null)`;
  return `(${parts.map((part) => `event.type === '${part.type}' ? ${part.key.includes(' ') ? `(${part.key})` : part.key}`).join(' : ')} : null)`;
};

const specFile = (model: ProjectionModel): string => {
  const { projection } = projectionNames(model);
  const { key, expected } = isByStream(model) ? expectedByStream(model) : expectedByKey(model);
  return `// ${said(model).replace(/^./, (letter) => letter.toUpperCase())}: events in, documents out.
import { givenEvents } from '@mainstem/testing';
import { describe, it } from 'vitest';
import { ${projection} } from './${model.name}.projection.js';

describe('${model.name}', () => {
  it('shows ${isByStream(model) ? 'what the events have told' : `how many events there were for each ${wordsOf(model.key).join(' ')}`}', () => {
    const scenario = givenEvents(${projection}, []);
${model.events.map(written).join('')}
${bracketed(`    scenario.when(${model.events.map(exampleName).join(', ')}).thenDocument('${model.name}', '${key}', `, ['{', '}'], expected, ');')}
  });
});
`;
};

/** Events of two aggregates may have one name. */
const exampleName = ({ aggregate, past }: ProjectedEvent): string => `${camelOf(aggregate)}${past}`;

const written = (event: ProjectedEvent): string =>
  `${bracketed(
    `    const ${exampleName(event)} = `,
    ['{', '}'],
    [`stream: '${camelOf(event.aggregate)}-1'`, `type: '${event.type}'`, exampleOf(event.fields, 'data: ')],
    ';',
  )}\n`;

interface Expected {
  readonly key: string;
  /** The fields of the document. */
  readonly expected: readonly string[];
}

const examples = (fields: readonly Field[]): ReadonlyMap<string, string> => new Map(fields.map((field) => [field.name, exampleValue(field)]));

const expectedByStream = ({ events, fields }: ProjectionModel): Expected => {
  const aggregate = events[0]?.aggregate ?? '';
  const told = events.filter((event) => event.aggregate === aggregate);
  const values = new Map(fields.map(({ name }) => [name, 'null']));
  for (const event of told) for (const [name, value] of examples(event.fields)) values.set(name, value);
  const last = told.at(-1);
  const stream = `${camelOf(aggregate)}-1`;
  return {
    key: stream,
    expected: [`stream: '${stream}'`, `status: '${last ? statusOf(last) : ''}'`, ...[...values].map(([name, value]) => `${name}: ${value}`)],
  };
};

const expectedByKey = ({ events, key }: ProjectionModel): Expected => {
  const values = events.map(({ fields }) => (examples(fields).get(key) ?? '').replaceAll("'", ''));
  const [value = ''] = values;
  const counted = events.filter((_, place) => values[place] === value);
  const last = counted.at(-1);
  return { key: value, expected: [`${key}: '${value}'`, `count: ${counted.length}`, `lastStream: '${camelOf(last?.aggregate ?? '')}-1'`] };
};

const controllerFile = (model: ProjectionModel): string => CONTROLLERS[model.store](model);

const head = (model: ProjectionModel): string =>
  `// Answers from ${model.name}. A client that sends \`?minPosition=\` waits until the answer shows that position.\n`;

const documentImport = (model: ProjectionModel): string =>
  `import ${model.store === 'sql' ? '' : 'type '}{ ${projectionNames(model).document} } from '#apps/${model.store}-projector/src/${model.name}.projection.js';\n`;

const CONTROLLERS: Readonly<Record<StoreName, (model: ProjectionModel) => string>> = {
  sql: (model) => {
    const { document, controller } = projectionNames(model);
    return `${head(model)}${documentImport(model)}import { ReadsFrom, type Answer } from '@mainstem/nest';
import { SqlReadStore } from '@mainstem/sql';
import { Controller, Get, Param } from '@nestjs/common';
import { found } from './found.js';

const DOCUMENTS_MAX = 100;

@Controller('${model.name}')
export class ${controller} {
  constructor(private readonly sql: SqlReadStore) {}

  @Get()
  @ReadsFrom(SqlReadStore, '${model.name}')
  all(): Promise<Answer<${document}[]>> {
    return this.sql.read(['${model.name}'], (manager) => manager.find(${document}, { order: { ${model.key}: 'ASC' }, take: DOCUMENTS_MAX }));
  }

  @Get(':${model.key}')
  @ReadsFrom(SqlReadStore, '${model.name}')
  async one(@Param('${model.key}') key: string): Promise<Answer<${document}>> {
    return found(await this.sql.read(['${model.name}'], (manager) => manager.findOneBy(${document}, { ${model.key}: key })), key);
  }
}
`;
  },
  cache: (model) => {
    const { document, controller } = projectionNames(model);
    const top = isByStream(model)
      ? ''
      : `  /** The leaderboard: the highest count first. */
  @Get()
  @ReadsFrom(CACHE, '${model.name}')
  async top(): Promise<Answer<${document}[]>> {
    const { value, position } = await this.cache.top<${document}>('${model.name}', 'count', { limit: PLACES_MAX });
    return { value: value.map(({ document }) => document), position };
  }

`;
    return `${head(model)}${documentImport(model)}import { CACHE } from '#apps/read-models/src/read-stores.js';
import { ReadsFrom, type Answer } from '@mainstem/nest';
import type { CacheQueries } from '@mainstem/projection';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { found } from './found.js';
${isByStream(model) ? '' : '\nconst PLACES_MAX = 10;\n'}
@Controller('${model.name}')
export class ${controller} {
  constructor(@Inject(CACHE) private readonly cache: CacheQueries) {}

${top}  @Get(':${model.key}')
  @ReadsFrom(CACHE, '${model.name}')
  async one(@Param('${model.key}') key: string): Promise<Answer<${document}>> {
    return found(await this.cache.get<${document}>('${model.name}', key), key);
  }
}
`;
  },
  search: (model) => {
    const { document, controller } = projectionNames(model);
    return `${head(model)}${documentImport(model)}import { SEARCH } from '#apps/read-models/src/read-stores.js';
import { ReadsFrom } from '@mainstem/nest';
import type { SearchQueries } from '@mainstem/projection';
import { Controller, Get, Inject, Query } from '@nestjs/common';

const HITS_MAX = 20;

@Controller('${model.name}')
export class ${controller} {
  constructor(@Inject(SEARCH) private readonly search: SearchQueries) {}

  /** All words of \`q\`, as whole words, in ${textFields(model).join(' or ')}; the best match first. */
  @Get()
  @ReadsFrom(SEARCH, '${model.name}')
  async find(@Query('q') q = '') {
    const { total, items, position } = await this.search.search<${document}>('${model.name}', { query: q, limit: HITS_MAX });
    return { value: { total, items: items.map(({ document, highlight }) => ({ document, highlight })) }, position };
  }
}
`;
  },
};
