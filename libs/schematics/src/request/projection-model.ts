// A projection as it is asked for, with the events that it reads as they are declared.
import { eventsIn, type DeclaredEvent } from '../edit/declared-events.js';
import { FileMissing, InvalidRequestText } from '../errors.js';
import type { Files } from '../files.js';
import { splitTop, typeText, type Field } from '../model/fields.js';
import { assertProjectionName, camelOf, kebabOf } from '../model/names.js';

export const STORES = ['sql', 'cache', 'search'] as const;
export type StoreName = (typeof STORES)[number];

export interface ProjectionRequest {
  readonly name: string;
  readonly store: StoreName;
  /** `Ticket.Opened, Ticket.Assigned`. */
  readonly events: string;
  /** `stream`, or a field that all these events have. */
  readonly key: string;
}

/** An event of the projection, and where it comes from. */
export interface ProjectedEvent extends DeclaredEvent {
  readonly aggregate: string;
  /** Without the aggregate's name. */
  readonly past: string;
}

export interface ProjectionModel {
  readonly name: string;
  readonly store: StoreName;
  readonly key: string;
  readonly events: readonly ProjectedEvent[];
  /** Fields of the document besides its own, for the key `stream`: those of the events. */
  readonly fields: readonly Field[];
}

/** What the document has of its own. */
const OWN = ['stream', 'status', 'count', 'lastStream'];

/** Errors: SCHEMATICS_INVALID_REQUEST, SCHEMATICS_FILE_MISSING. */
export const projectionModel = (files: Files, { name, store, events: text, key }: ProjectionRequest): ProjectionModel => {
  assertProjectionName(name);
  const events = splitTop(text, ',').map((given) => projected(files, given));
  if (events.length === 0) throw new InvalidRequestText(text, 'names no event: write them like Ticket.Opened,Ticket.Assigned.');
  const twice = events.find(({ type }, place) => events.findIndex((other) => other.type === type) !== place);
  if (twice) throw new InvalidRequestText(text, `names ${twice.aggregate}.${twice.past} twice.`);
  if (key !== 'stream') assertKey(events, key);
  const fields = key === 'stream' ? fieldsOf(events) : [];
  if (store === 'search' && !textFields({ key, fields, events }).length)
    throw new InvalidRequestText(text, 'has no field of type string that could be searched. Name other events, or choose another store.');
  return { name, store, key, events, fields };
};

/** Fields that a search looks through: those of type string. */
export const textFields = ({ key, fields }: Pick<ProjectionModel, 'key' | 'fields' | 'events'>): readonly string[] =>
  key === 'stream' ? fields.filter(({ type }) => type.kind === 'string').map(({ name }) => name) : [key];

const projected = (files: Files, given: string): ProjectedEvent => {
  const [, aggregate = '', past = ''] = /^([A-Z]\w*)\.([A-Z]\w*)$/.exec(given) ?? [];
  if (aggregate === '') throw new InvalidRequestText(given, 'is no event: write it like Ticket.Opened, the aggregate first.');
  const file = `src/${kebabOf(aggregate)}/${kebabOf(aggregate)}.events.ts`;
  const text = files.get(file);
  if (text === undefined) throw new FileMissing(file, `Add the aggregate first: mainstem add aggregate ${aggregate}.`);
  const declared = eventsIn(file, text);
  const event = declared.find(({ type }) => type === `${aggregate}${past}` || type === past);
  if (!event) throw new InvalidRequestText(given, `is not declared in ${file}, which has ${declared.map(({ type }) => type).join(', ')}.`);
  return { ...event, aggregate, past: past.startsWith(aggregate) ? past.slice(aggregate.length) : past };
};

const assertKey = (events: readonly ProjectedEvent[], key: string): void => {
  for (const { fields, aggregate, past } of events) {
    const field = fields.find(({ name }) => name === key);
    if (!field)
      throw new InvalidRequestText(
        key,
        `is no field of ${aggregate}.${past}, which has ${['stream', ...fields.map(({ name }) => name)].join(', ')}.`,
      );
    if (field.type.kind === 'list' || field.type.kind === 'nested') throw new InvalidRequestText(key, `cannot be a key: it is ${field.type.kind}.`);
  }
  if (OWN.includes(key)) throw new InvalidRequestText(key, 'cannot be the key: the document has a field of its own with that name.');
};

const fieldsOf = (events: readonly ProjectedEvent[]): readonly Field[] => {
  const fields = new Map<string, Field>();
  for (const event of events) {
    for (const field of event.fields) {
      const { name } = field;
      if (OWN.includes(name))
        throw new InvalidRequestText(name, 'is a field of an event, and of the document as well. Write this projection by hand.');
      const other = fields.get(name);
      const nested = `${camelOf(event.aggregate)}`;
      if (other && typeText(other.type, nested) !== typeText(field.type, nested))
        throw new InvalidRequestText(name, 'has different types in these events. Write this projection by hand.');
      fields.set(name, field);
    }
  }
  return [...fields.values()];
};
