// Requests as people type them: what each word means, and what is refused by which rule.
import { describe, expect, it } from 'vitest';
import { parseFields, splitTop } from './model/fields.js';
import { assertProjectionName, kebabOf, pluralOf } from './model/names.js';
import { imperativeOf } from './model/verbs.js';
import { aggregateModel } from './request/aggregate-model.js';

const refusal = (rule: string) => expect.objectContaining({ code: 'SCHEMATICS_INVALID_REQUEST', message: expect.stringContaining(rule) });
const commandsOf = (name: string, events: string, commands?: string): readonly string[] =>
  aggregateModel({ name, events, commands }).events.map(({ command }) => command);

describe('names', () => {
  it.each([
    ['SupportCase', 'support-case'],
    ['HTTPCall', 'http-call'],
    ['Line2Added', 'line2-added'],
  ])('%s is %s in files', (name, kebab) => expect(kebabOf(name)).toBe(kebab));

  it.each([
    ['ticket', 'tickets'],
    ['category', 'categories'],
    ['day', 'days'],
    ['address', 'addresses'],
    ['branch', 'branches'],
  ])('%s has the plural %s', (name, plural) => expect(pluralOf(name)).toBe(plural));
});

describe('the command of an event', () => {
  it.each([
    ['Opened', 'Open'],
    ['Assigned', 'Assign'],
    ['Closed', 'Close'],
    ['Placed', 'Place'],
    ['Shipped', 'Ship'],
    ['Added', 'Add'],
    ['Created', 'Create'],
    ['Removed', 'Remove'],
    ['Renamed', 'Rename'],
    ['Changed', 'Change'],
    ['Settled', 'Settle'],
    ['Called', 'Call'],
    ['Registered', 'Register'],
    ['Credited', 'Credit'],
    ['Cancelled', 'Cancel'],
    ['Denied', 'Deny'],
    ['Expired', 'Expire'],
    ['Joined', 'Join'],
    ['Passed', 'Pass'],
    ['Requested', 'Request'],
    ['Paid', 'Pay'],
    ['Withdrawn', 'Withdraw'],
  ])('%s is asked for by %s', (past, command) => expect(imperativeOf(past)).toBe(command));

  it('takes the verb to the front', () => expect(commandsOf('Order', 'Placed(), LineAdded()')).toEqual(['PlaceOrder', 'AddOrderLine']));
  it('is the given one', () => expect(commandsOf('Order', 'Placed(), Gone()', 'Buy, LoseOrder')).toEqual(['Buy', 'LoseOrder']));
  it('is asked for if the word is no known past tense', () => expect(() => commandsOf('Order', 'Gone()')).toThrow(refusal('--commands')));
  it('is one for each event', () => expect(() => commandsOf('Order', 'Placed(), Shipped()', 'Buy')).toThrow(refusal('each of the 2 events')));
});

describe('fields', () => {
  it('have types, and may be missing', () => {
    expect(parseFields('subject:string, note?: string, at:datetime?, level:enum(low|high), tags:list(string), place:{street:string}')).toEqual([
      { name: 'subject', type: { kind: 'string' }, isOptional: false },
      { name: 'note', type: { kind: 'string' }, isOptional: true },
      { name: 'at', type: { kind: 'datetime' }, isOptional: true },
      { name: 'level', type: { kind: 'enum', values: ['low', 'high'] }, isOptional: false },
      { name: 'tags', type: { kind: 'list', of: { kind: 'string' } }, isOptional: false },
      { name: 'place', type: { kind: 'nested', fields: [{ name: 'street', type: { kind: 'string' }, isOptional: false }] }, isOptional: false },
    ]);
  });

  it.each([
    ['subject', 'is not a field'],
    ['subject:text', 'is no type'],
    ['class:string', 'uses the word itself'],
    ['constructor:string', 'uses the word itself'],
    ['Subject:string', 'cannot name a field'],
    ['a:int, a:string', 'two fields'],
    ['a:enum(x|x)', 'different words'],
    ["a:enum(it's)", 'different words'],
    ['a:list(list(int))', 'list of lists'],
    ['a:{}', 'is no type'],
    ['a:{b:int', 'lacks a }'],
    ['a:list(int))', 'a ) too many'],
    ['a:{b:{c:{d:{e:int}}}}', 'too deep'],
  ])('are refused: %s', (text, rule) => expect(() => parseFields(text)).toThrow(refusal(rule)));

  it('are separated outside of brackets', () => expect(splitTop('A(b:int, c:int), D()', ',')).toEqual(['A(b:int, c:int)', 'D()']));
});

describe('an aggregate', () => {
  it.each([
    ['ticket', 'Opened()', 'cannot name an aggregate'],
    ['Class', 'Opened()', 'uses the word itself'],
    ['Map', 'Opened()', 'uses the word itself'],
    ['Ticket', '', 'names no event'],
    ['Ticket', 'opened()', 'cannot name an event'],
    ['Ticket', 'Opened(ticket:string)', 'commands name the ticket itself so'],
    ['Ticket', 'Opened(), Opened()', 'the name of two things'],
    ['Aggregates', 'Opened()', 'uses the word itself'],
    ['Decisions', 'Opened()', 'uses the word itself'],
    ['InitialState', 'Opened()', 'uses the word itself'],
    ['Answer', 'Opened()', 'uses the word itself'],
    ['Ticket', 'Opened(), Ticket()', 'the name of two things', 'OpenTicket, TakeTicket'],
    ['Ticket', 'Opened()', 'the name of two things', 'Opened'],
    ['Ticket', 'Opened(), Closed(), Ended()', 'the route of CloseTicket and TicketClose', 'OpenTicket, CloseTicket, TicketClose'],
    ['Ticket', 'Opened(a:string)(b:int)', 'a ) too many'],
  ])('is refused: %s, %s', (name, events, rule, commands?: string) =>
    expect(() => aggregateModel({ name, events, commands })).toThrow(refusal(rule)),
  );

  it('takes events with and without its name', () =>
    expect(aggregateModel({ name: 'Ticket', events: 'TicketOpened(), Closed()' }).events.map(({ type }) => type)).toEqual([
      'TicketOpened',
      'TicketClosed',
    ]));
});

describe('a projection', () => {
  it.each(['column', 'entity', 'answer', 'reads-from', 'primary-column', 'inject', 'map', 'sql-read-store'])('is not named %s', (name) =>
    expect(() => assertProjectionName(name)).toThrow(refusal('cannot name a projection')),
  );
  it.each(['decisions', 'aggregates', 'order-entities', 'tickets'])('may be named %s', (name) =>
    expect(() => assertProjectionName(name)).not.toThrow(),
  );
});
