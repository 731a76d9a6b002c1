// An aggregate as it is asked for: its events, and the command that leads to each.
import { InvalidRequestText } from '../errors.js';
import { parseFields, splitTop, type Field } from '../model/fields.js';
import { assertTypeName, camelOf, kebabOf, wordsOf } from '../model/names.js';
import { imperativeOf } from '../model/verbs.js';

/** One fact and the command that asks for it. */
export interface EventModel {
  /** Stored: TicketOpened. */
  readonly type: string;
  /** Without the aggregate's name: Opened. */
  readonly past: string;
  readonly fields: readonly Field[];
  /** Class of the command: OpenTicket. */
  readonly command: string;
}

export interface AggregateModel {
  /** Ticket. */
  readonly name: string;
  /** The first one begins a stream; the others need it. */
  readonly events: readonly [EventModel, ...EventModel[]];
}

export interface AggregateRequest {
  readonly name: string;
  /** `Opened(subject:string, priority:int), Closed()`. */
  readonly events: string;
  /** One for each event, in their order: `OpenTicket, CloseTicket`. Default: made of the events' names. */
  readonly commands?: string | undefined;
}

const EVENTS_MAX = 40;

/** Errors: SCHEMATICS_INVALID_REQUEST. */
export const aggregateModel = ({ name, events: text, commands }: AggregateRequest): AggregateModel => {
  assertTypeName(name, 'an aggregate');
  const [first, ...others] = splitTop(text, ',').map((part) => eventOf(name, part));
  if (!first) throw new InvalidRequestText(text, 'names no event: write them like "Opened(subject:string), Closed()".');
  if (others.length >= EVENTS_MAX) throw new InvalidRequestText(name, `has too many events: at most ${EVENTS_MAX}.`);
  const named = [first, ...others];
  const classes = commandNames(name, named, commands);
  const [begin, ...rest] = named.map((event, place) => ({ ...event, command: classes[place] ?? '' }));
  const model = { name, events: [begin as EventModel, ...rest] as const };
  assertDifferent(model);
  return model;
};

const eventOf = (aggregate: string, text: string): Omit<EventModel, 'command'> => {
  const [, given = text, fieldsText = ''] = /^([^(]*?)\s*\((.*)\)$/s.exec(text) ?? [];
  assertTypeName(given, 'an event');
  const past = given.startsWith(aggregate) && given.length > aggregate.length ? given.slice(aggregate.length) : given;
  assertTypeName(past, 'an event');
  const fields = parseFields(fieldsText);
  const clash = fields.find((field) => field.name === camelOf(aggregate));
  if (clash) throw new InvalidRequestText(clash.name, `cannot name a field of ${given}: commands name the ${camelOf(aggregate)} itself so.`);
  return { type: `${aggregate}${past}`, past, fields };
};

const commandNames = (name: string, events: readonly Omit<EventModel, 'command'>[], given: string | undefined): readonly string[] => {
  if (given === undefined) return events.map((event) => commandOf(name, event.past));
  const names = splitTop(given, ',');
  if (names.length !== events.length)
    throw new InvalidRequestText(given, `must name one command for each of the ${events.length} events, in their order.`);
  for (const command of names) assertTypeName(command, 'a command');
  return names;
};

/** Ticket, LineAdded → AddTicketLine. */
const commandOf = (name: string, past: string): string => {
  const words = wordsOf(past).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const verb = imperativeOf(words.at(-1) ?? '');
  if (verb === undefined)
    throw new InvalidRequestText(past, 'is no past tense that is known here. Give the names of the commands with --commands, one for each event.');
  return `${verb}${name}${words.slice(0, -1).join('')}`;
};

/** The route of a command: OpenTicket → open. */
export const routeOf = (aggregate: string, command: string): string => kebabOf(command.replace(aggregate, '') || command);

const assertDifferent = ({ name, events }: AggregateModel): void => {
  const names = events.flatMap(({ type, past, command }) => [type, command, `${type}Data`, `${name}Already${past}`]);
  names.push(name, `${name}Event`, `${name}Command`, `${name}State`, `${name}Controller`, `${name}Not${events[0].past}`);
  const locals = [name, ...events.flatMap(({ past, command }) => [past, command])];
  const twice = twiceIn(names) ?? twiceIn(locals);
  if (twice !== undefined) throw new InvalidRequestText(twice, 'would be the name of two things. Choose other names for the events or commands.');
  const route = twiceIn(events.map(({ command }) => routeOf(name, command)));
  if (route !== undefined)
    throw new InvalidRequestText(
      route,
      `would be the route of ${events
        .filter(({ command }) => routeOf(name, command) === route)
        .map(({ command }) => command)
        .join(' and ')}. Choose other names for the commands.`,
    );
};

const twiceIn = (names: readonly string[]): string | undefined => names.find((one, place) => names.indexOf(one) !== place);
