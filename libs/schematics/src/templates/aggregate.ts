// The files of an aggregate: stored facts, commands, rules, handlers, HTTP, and a spec with an example for each rule.
import type { Files } from '../files.js';
import { routeOf, type AggregateModel, type EventModel } from '../request/aggregate-model.js';
import { camelOf, constantOf, kebabOf, pluralOf, withArticle, wordsOf } from '../model/names.js';
import { bracketed } from './layout.js';
import { allNestedIn, classOf, exampleOf, importsOf, nestedIn } from './payload.js';

/** In `src/<aggregate>/`. */
export const aggregateFiles = (model: AggregateModel): Files => {
  const kebab = kebabOf(model.name);
  const file = (kind: string): string => `src/${kebab}/${kebab}.${kind}.ts`;
  return new Map([
    [file('events'), eventsFile(model)],
    [file('commands'), commandsFile(model)],
    [file('errors'), errorsFile(model)],
    [file('aggregate'), aggregateFile(model)],
    [file('handlers'), handlersFile(model)],
    [file('controller'), controllerFile(model)],
    [file('spec'), specFile(model)],
  ]);
};

/** The words of a name: support ticket. */
const said = (name: string): string => wordsOf(name).join(' ');
const local = (model: AggregateModel, kind: string): string => `./${kebabOf(model.name)}.${kind}.js`;
/** The state after an event: line-added. */
const statusOf = ({ past }: EventModel): string => kebabOf(past);
const sorted = (names: readonly string[]): string =>
  names.toSorted((left, right) => left.toLowerCase().localeCompare(right.toLowerCase())).join(', ');

const eventsFile = (model: AggregateModel): string => {
  const camel = camelOf(model.name);
  const payloads = model.events.map(({ type, fields }) => classOf(`${type}Data`, fields));
  const rules = new Set(payloads.flatMap((payload) => [...payload.rules]));
  return `// Stored facts about ${withArticle(said(model.name))}. Never rename one: old events must still be read. A new field is optional.
import { defineEvents, type EventOf } from '@mainstem/event-store';
${importsOf({ rules, hasNested: payloads.some(({ hasNested }) => hasNested) })}
${payloads.map(({ text }) => text).join('\n')}
export const ${camel}Events = defineEvents('${camel}', {
${model.events.map(({ type }) => `  ${type}: ${type}Data,\n`).join('')}});

export type ${model.name}Event = EventOf<typeof ${camel}Events>;
`;
};

const commandsFile = (model: AggregateModel): string => {
  const camel = camelOf(model.name);
  const classes = model.events.map(({ command, fields, type }) =>
    classOf(command, fields, { head: [`@Matches(ID) ${camel}!: string;`], nestedOf: `${type}Data` }),
  );
  const nested = model.events.flatMap(({ type, fields }) => nestedIn(`${type}Data`, fields).map((one) => one.name));
  const rules = new Set(['Matches', ...classes.flatMap((one) => [...one.rules])]);
  return `// What ${withArticle(said(model.name))} can be asked for. Each command names its ${said(model.name)}.
// The rules of the fields are checked before anything is decided.
${importsOf({ rules, hasNested: nested.length > 0 })}${nested.length > 0 ? `import { ${sorted(nested)} } from '${local(model, 'events')}';\n` : ''}
/** Names a stream: letters, digits, dashes and underscores. */
const ID = /^[\\w-]{1,40}$/;

${classes.map(({ text }) => text).join('\n')}
export type ${model.name}Command = ${model.events.map(({ command }) => command).join(' | ')};
`;
};

const errorsFile = (model: AggregateModel): string => {
  const { name } = model;
  const [first] = model.events;
  const refusal = (className: string, words: string): string => `export class ${className} extends CommandRefused {
  constructor(${camelOf(name)}: string) {
    super('${constantOf(className)}', \`The ${said(name)} \${${camelOf(name)}} ${words}.\`);
  }
}
`;
  return `// Refusals: a rule says no. The code is what clients see, so it never changes.
import { CommandRefused } from '@mainstem/aggregate';

${refusal(`${name}Already${first.past}`, `is ${said(first.past)} already`)}
${refusal(`${name}Not${first.past}`, `is not ${said(first.past)}`)}`;
};

const aggregateFile = (model: AggregateModel): string => {
  const { name } = model;
  const camel = camelOf(name);
  const [first, ...others] = model.events;
  const refusals = [`${name}Already${first.past}`, ...(others.length > 0 ? [`${name}Not${first.past}`] : [])];
  return `// The rules of ${withArticle(said(name))}. Pure: no clock, no database, no framework.
import { defineAggregate } from '@mainstem/aggregate';
import type { ${sorted([...model.events.map(({ command }) => command), `${name}Command`])} } from '${local(model, 'commands')}';
import { ${sorted(refusals)} } from '${local(model, 'errors')}';
import { ${camel}Events, type ${name}Event } from '${local(model, 'events')}';

/** What the rules need to know, and nothing else. */
export interface ${name}State {
  readonly status: ${['absent', ...new Set(model.events.map(statusOf))].map((status) => `'${status}'`).join(' | ')};
}

const initialState: ${name}State = { status: 'absent' };

/** The state after one more event. An event that is left out does not compile. */
const evolve = (state: ${name}State, event: ${name}Event): ${name}State => {
  switch (event.type) {
${model.events.map((event) => `    case '${event.type}':\n      return { ...state, status: '${statusOf(event)}' };\n`).join('')}  }
};

/** The events that a command leads to: none if nothing changes; a refusal if a rule says no. */
const decisions = {
${model.events.map((event) => decisionOf(model, event)).join('')}};

const decide = (command: ${name}Command, state: ${name}State): readonly ${name}Event[] =>
  decisions[command.constructor.name as keyof typeof decisions](command as never, state);

export const ${camel} = defineAggregate({ category: '${camel}', events: ${camel}Events, initialState, evolve, decide });
`;
};

const decisionOf = (model: AggregateModel, event: EventModel): string => {
  const { name } = model;
  const camel = camelOf(name);
  const [first] = model.events;
  const fields = event.fields.map((field) => field.name);
  const refusal =
    event === first
      ? `state.status !== 'absent') throw new ${name}Already${first.past}`
      : `state.status === 'absent') throw new ${name}Not${first.past}`;
  const repeat =
    event !== first && fields.length === 0 ? `    if (state.status === '${statusOf(event)}') return []; // a repeat is not an error\n` : '';
  return `${signatureOf(event.command, `{ ${[camel, ...fields].join(', ')} }: ${event.command}`, name)}
    if (${refusal}(${camel});
${repeat}    return [{ type: '${event.type}', data: ${fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`} }];
  },
`;
};

const signatureOf = (command: string, first: string, name: string): string =>
  bracketed(`  ${command}`, ['(', ')'], [first, `state: ${name}State`], `: readonly ${name}Event[] {`);

const handlersFile = (model: AggregateModel): string => {
  const { name } = model;
  const camel = camelOf(name);
  return `// One handler for each command: it loads the ${said(name)}, decides, and appends.
import { CommandExecutor } from '@mainstem/aggregate';
import { contextOf } from '@mainstem/nest';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ${camel} } from '${local(model, 'aggregate')}';
import { ${sorted(model.events.map(({ command }) => command))} } from '${local(model, 'commands')}';

${model.events
  .map(
    ({ command }) => `@CommandHandler(${command})
class ${command}Handler implements ICommandHandler<${command}> {
  constructor(private readonly executor: CommandExecutor) {}

  execute(command: ${command}) {
    return this.executor.execute(${camel}, command.${camel}, command, contextOf(command));
  }
}
`,
  )
  .join('\n')}
export const ${camel}Handlers = [${model.events.map(({ command }) => `${command}Handler`).join(', ')}];
`;
};

const controllerFile = (model: AggregateModel): string => {
  const { name } = model;
  const camel = camelOf(name);
  return `// ${pluralOf(said(name)).replace(/^./, (letter) => letter.toUpperCase())} over HTTP. The answer's \`Mainstem-Position\` lets a query wait for what the command has changed.
import type { CommandContext } from '@mainstem/aggregate';
import { CommandAnswerInterceptor, CommandContextOf, commandFrom, withContext } from '@mainstem/nest';
import { ${model.events.some(({ fields }) => fields.length > 0) ? 'Body, ' : ''}Controller, Param, Post, UseInterceptors } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ${sorted(model.events.map(({ command }) => command))} } from '${local(model, 'commands')}';

@Controller('${pluralOf(kebabOf(name))}/:${camel}')
@UseInterceptors(CommandAnswerInterceptor)
export class ${name}Controller {
  constructor(private readonly bus: CommandBus) {}

${model.events.map((event) => routeMethod(model, event)).join('\n')}}
`;
};

const routeMethod = (model: AggregateModel, event: EventModel): string => {
  const hasBody = event.fields.length > 0;
  const parameters = `@Param() path: { ${camelOf(model.name)}: string }, ${hasBody ? '@Body() body: unknown, ' : ''}@CommandContextOf() context: CommandContext`;
  return `  @Post('${routeOf(model.name, event.command)}')
  ${camelOf(event.command)}(${parameters}) {
    return this.bus.execute(withContext(commandFrom(${event.command}, ${hasBody ? 'body' : '{}'}, path), context));
  }
`;
};

/** The classes of nested fields are made by the spec: only instances obey their rules. */
const eventImport = ({ name, events }: AggregateModel): string => {
  const nested = events.flatMap(({ type, fields }) => allNestedIn(`${type}Data`, fields));
  const from = `from './${kebabOf(name)}.events.js';`;
  return nested.length === 0
    ? `import type { ${name}Event } ${from}`
    : bracketed('import ', ['{', '}'], [...nested.toSorted(), `type ${name}Event`], ` ${from}`);
};

const specFile = (model: AggregateModel): string => {
  const { name } = model;
  const camel = camelOf(name);
  const [first, ...others] = model.events;
  const refusals = [`${name}Already${first.past}`, ...(others.length > 0 ? [`${name}Not${first.past}`] : [])];
  return `// ${withArticle(said(name)).replace(/^./, (letter) => letter.toUpperCase())}: an example for each rule.
import { given } from '@mainstem/testing';
import { describe, it } from 'vitest';
import { ${camel} } from '${local(model, 'aggregate')}';
import { ${sorted(model.events.map(({ command }) => command))} } from '${local(model, 'commands')}';
import { ${sorted(refusals)} } from '${local(model, 'errors')}';
${eventImport(model)}

${model.events.map((event) => `${bracketed(`const ${camelOf(event.past)}: ${name}Event = `, ['{', '}'], [`type: '${event.type}'`, exampleOf(event.fields, 'data: ', `${event.type}Data`)], ';')}\n`).join('')}
${model.events.map((event) => `const ${camelOf(event.command)} = Object.assign(new ${event.command}(), { ${camel}: '1', ...${camelOf(event.past)}.data });\n`).join('')}
describe('${withArticle(said(name))}', () => {
  it('is ${said(first.past)} once', () => {
    given(${camel}, []).when(${camelOf(first.command)}).then([${camelOf(first.past)}]);
    given(${camel}, [${camelOf(first.past)}]).when(${camelOf(first.command)}).thenRefuses(${name}Already${first.past});
  });
${others.map((event) => exampleFor(model, event)).join('')}});
`;
};

const exampleFor = (model: AggregateModel, event: EventModel): string => {
  const { name } = model;
  const camel = camelOf(name);
  const [first] = model.events;
  const command = camelOf(event.command);
  const repeat =
    event.fields.length > 0 ? '' : `    given(${camel}, [${camelOf(first.past)}, ${camelOf(event.past)}]).when(${command}).thenNothing();\n`;
  return `
  it('is ${said(event.past)} only after it was ${said(first.past)}', () => {
    given(${camel}, [${camelOf(first.past)}]).when(${command}).then([${camelOf(event.past)}]);
    given(${camel}, []).when(${command}).thenRefuses(${name}Not${first.past});
${repeat}  });
`;
};
