// Random requests for aggregates, and the projections of each.
import fc from 'fast-check';
import type { AggregateRequest } from './request/aggregate-model.js';
import type { ProjectionRequest } from './request/projection-model.js';
import { kebabOf } from './model/names.js';

/** Words that no generated name is made of. */
const NOUNS = ['Ticket', 'SupportCase', 'Visit', 'HTTPCall', 'Wine2Bottle', 'ABTest', 'OrderLine', 'Y', 'Boxes', 'EventDay', 'NewWay'];
const PASTS = ['Opened', 'Assigned', 'Closed', 'LineAdded', 'Paid', 'NoteTaken', 'Moved2Front', 'Denied'];
const FIELDS = ['subject', 'a', 'agent', 'dueAt', 'x1', 'priority', 'theLongNameOfAFieldThatTellsAllThere1s', 'kind', 'name', 'length', 'hasOwn'];

const plain = fc.constantFrom('string', 'int', 'decimal', 'date', 'datetime', 'boolean', 'enum(low|high)', 'enum(a-b|1|c_d)');
const lists = plain.map((type) => `list(${type})`);

const { types } = fc.letrec<{ types: string; nested: string }>((tie) => ({
  types: fc.oneof(
    { depthSize: 'small', maxDepth: 2 },
    plain,
    lists,
    tie('nested'),
    tie('nested').map((type) => `list(${type})`),
  ),
  nested: fieldsOf(tie('types'), 1).map((fields) => `{${fields}}`),
}));

function fieldsOf(type: fc.Arbitrary<string>, minLength: number): fc.Arbitrary<string> {
  return fc
    .uniqueArray(fc.constantFrom(...FIELDS), { minLength, maxLength: 5 })
    .chain((names) => fc.tuple(...names.map((name) => fc.tuple(fc.constantFrom(`${name}:`, `${name}?:`), type).map((parts) => parts.join('')))))
    .map((fields) => fields.join(', '));
}

const events = fc
  .uniqueArray(fc.constantFrom(...PASTS), { minLength: 1, maxLength: 4 })
  .chain((pasts) => fc.tuple(...pasts.map((past) => fieldsOf(types, 0).map((fields) => `${past}(${fields})`))))
  .map((texts) => texts.join(', '));

export const aggregateRequests: fc.Arbitrary<AggregateRequest> = fc
  .record({ name: fc.constantFrom(...NOUNS), events })
  .map(({ name, events: text }) => {
    const count = (text.match(/(?:^|\), )[A-Z]\w*\(/g) ?? []).length;
    // Some words are no past tense that has a rule.
    return { name, events: text, commands: Array.from({ length: count }, (_, place) => `Do${name}${place}`).join(', ') };
  });

/** One on each kind of store, of the first event, if its fields allow that. */
export const projectionRequests = ({ name, events: text }: AggregateRequest): readonly ProjectionRequest[] => {
  const [, past = '', fields = ''] = /^(\w+)\(([^(){}]*)/.exec(text) ?? [];
  const event = `${name}.${past}`;
  const [, key] = /(?:^|, )(\w+)\??:(?:string|int|boolean|date)(?:,|$)/.exec(fields) ?? [];
  const kebab = kebabOf(name);
  return [
    { name: `${kebab}-list`, store: 'sql', events: event, key: 'stream' },
    { name: `${kebab}-cards`, store: 'cache', events: event, key: 'stream' },
    ...(key === undefined
      ? []
      : ([
          { name: `${kebab}-counts`, store: 'cache', events: event, key },
          { name: `${kebab}-words`, store: 'search', events: event, key },
          { name: `${kebab}-figures`, store: 'sql', events: event, key },
        ] as const)),
  ];
};
