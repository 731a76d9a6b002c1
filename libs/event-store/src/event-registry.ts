// The registry of an aggregate's events: stable type names, payload classes, schema versions and upcasters.
import { assertCheckable, violationsOfRules } from './declared-rules.js';
import { InvalidEvent, InvalidInput, NewerEvent, UndecodableEvent } from './errors.js';
import { LazyRecordedEvent, type DomainEvent, type RecordedEvent } from './event.js';
import { ruleOptions, type RuleOptions } from './rule-options.js';

/** A class whose fields carry class-validator rules. It is never constructed while reading. */
export type PayloadClass<Data extends object = object> = new () => Data;

/** Turns the payload of one schema version into that of the next. Pure; it must not change its argument. */
export type Upcaster = (data: Readonly<Record<string, unknown>>) => object;

/** A payload whose schema has changed: `upcasters[n]` lifts version n to n + 1, for every n from 1 to version − 1. */
export interface VersionedPayload<Data extends object = object> {
  readonly data: PayloadClass<Data>;
  readonly version: number;
  readonly upcasters: Readonly<Record<number, Upcaster>>;
}

export type EventDeclarations = Readonly<Record<string, PayloadClass | VersionedPayload>>;

type DataOf<Declaration> = Declaration extends PayloadClass<infer Data> ? Data : Declaration extends VersionedPayload<infer Data> ? Data : never;

type EventsIn<Declarations> = {
  [Type in keyof Declarations & string]: DomainEvent<Type, Readonly<DataOf<Declarations[Type]>>>;
}[keyof Declarations & string];

type RecordedIn<Declarations> = {
  [Type in keyof Declarations & string]: RecordedEvent<Type, Readonly<DataOf<Declarations[Type]>>>;
}[keyof Declarations & string];

/** The union of an aggregate's events: `EventOf<typeof orderEvents>`. */
export type EventOf<Registry> = Registry extends EventRegistry<infer Declarations> ? EventsIn<Declarations> : never;
/** The same events as read back; a second argument picks one type. */
export type RecordedEventOf<Registry, Type extends string = string> =
  Registry extends EventRegistry<infer Declarations>
    ? Extract<RecordedIn<Declarations>, { readonly type: Type }> | (string extends Type ? RecordedIn<Declarations> : never)
    : never;

/**
 * Declares the events of one category of streams. The keys are the stored type names: never rename them. Each payload
 * is a class with class-validator rules, or `{ data, version, upcasters }` once its schema has changed. `rules` are
 * class-validator options for these payloads.
 * Errors: EVENT_STORE_INVALID_INPUT for a missing upcaster or an unknown option; EVENT_STORE_ASYNCHRONOUS_RULE for an
 * asynchronous rule; EVENT_STORE_UNCHECKABLE_FIELD.
 */
export const defineEvents = <const Declarations extends EventDeclarations>(
  category: string,
  declarations: Declarations,
  rules?: RuleOptions,
): EventRegistry<Declarations> => new EventRegistry(category, declarations, rules);

export class EventRegistry<Declarations extends EventDeclarations = EventDeclarations> {
  /** All type names, in order of declaration. */
  readonly types: readonly string[];
  readonly #payloads = new Map<string, VersionedPayload>();
  readonly #rules: RuleOptions;

  constructor(
    readonly category: string,
    readonly declarations: Declarations,
    rules?: RuleOptions,
  ) {
    if (typeof category !== 'string' || category === '') throw new InvalidInput('category', 'must be the name of a category, such as order');
    if (declarations === null || typeof declarations !== 'object' || Array.isArray(declarations))
      throw new InvalidInput(`events of ${category}`, 'must be an object: a payload class, or { data, version, upcasters }, for each type');
    this.#rules = ruleOptions('rules', rules);
    this.types = Object.keys(declarations);
    for (const [type, declaration] of Object.entries(declarations)) this.#payloads.set(type, versioned(type, declaration));
    for (const { data } of this.#payloads.values()) assertCheckable(data, this.#rules);
  }

  has(type: string): boolean {
    return this.#payloads.has(type);
  }

  /** The schema version with which new events of this type are written. */
  schemaVersion(type: string): number {
    return this.#payloads.get(type)?.version ?? 1;
  }

  /** The payload class of this type, its schema version and its options. Errors: EVENT_STORE_INVALID_INPUT. */
  payloadOf(type: string): VersionedPayload & { readonly rules: RuleOptions } {
    const payload = this.#payloads.get(type);
    if (!payload) throw new InvalidInput('type', `${type} is not declared in ${this.category}`);
    return { ...payload, rules: this.#rules };
  }

  /** How stored payloads of this type are lifted: the schema version and its upcasters, in order. */
  liftingOf(type: string): { readonly version: number; readonly upcasters: readonly Upcaster[] } {
    const { version, upcasters } = this.#payloads.get(type) ?? { version: 1, upcasters: {} as Readonly<Record<number, Upcaster>> };
    const steps = Array.from({ length: version - 1 }, (_, index) => upcasters[index + 1] as Upcaster);
    return { version, upcasters: steps };
  }

  /**
   * Checks a payload against the rules of its class and refuses unknown fields. It runs once, before the append;
   * reading does not validate. Errors: EVENT_STORE_INVALID_EVENT.
   */
  validate(event: DomainEvent): void {
    const payload = this.#payloads.get(event.type);
    if (!payload) throw new InvalidEvent(event.type, [`no such event in ${this.category}; declared are ${this.types.join(', ')}`]);
    const violations = violationsOf(event.data, payload.data, this.#rules);
    if (violations.length > 0) throw new InvalidEvent(event.type, violations);
  }

  /**
   * The event with its payload in the current schema. Without upcasters this costs almost nothing and parses nothing.
   * Errors: EVENT_STORE_NEWER_EVENT for a type or schema version that this program does not know;
   * EVENT_STORE_UNDECODABLE_EVENT.
   */
  decode(event: RecordedEvent): RecordedEvent {
    const payload = this.#payloads.get(event.type);
    if (!payload) throw new NewerEvent(event.type, event.position, event.metadata.schemaVersion ?? 1, 0);
    return payload.version === 1 && !mayNameSchemaVersion(event) ? event : upcast(event, payload);
  }
}

const versioned = (type: string, declaration: PayloadClass | VersionedPayload): VersionedPayload => {
  const payload = typeof declaration === 'function' ? { data: declaration, version: 1, upcasters: {} } : declaration;
  if (!Number.isSafeInteger(payload.version) || payload.version < 1) throw new InvalidInput(`${type}.version`, 'must be a whole number from 1');
  for (let version = 1; version < payload.version; version++) {
    if (typeof payload.upcasters[version] !== 'function')
      throw new InvalidInput(`${type}.upcasters`, `lacks the step from version ${version} to ${version + 1}`);
  }
  return payload;
};

// A program that knows only version 1 must still notice events of a newer program.
const mayNameSchemaVersion = (event: RecordedEvent): boolean =>
  event instanceof LazyRecordedEvent ? event.mayNameSchemaVersion : event.metadata.schemaVersion !== undefined;

const upcast = (event: RecordedEvent, payload: VersionedPayload): RecordedEvent => {
  const stored = event.metadata.schemaVersion ?? 1;
  if (!Number.isSafeInteger(stored) || stored < 1)
    throw new UndecodableEvent(event.type, event.position, 'its schema version is not a whole number from 1');
  if (stored === payload.version) return event;
  if (stored > payload.version) throw new NewerEvent(event.type, event.position, stored, payload.version);
  let data = event.data as Record<string, unknown>;
  try {
    for (let version = stored; version < payload.version; version++) data = payload.upcasters[version]?.(data) as Record<string, unknown>;
  } catch (error) {
    throw new UndecodableEvent(event.type, event.position, 'an upcaster failed', error);
  }
  const { id, stream, revision, position, type, recordedAt, metadata } = event;
  return { id, stream, revision, position, type, recordedAt, metadata, data };
};

/** One message for each rule of `payloadClass` that `data` breaks, naming its field. Empty for a valid payload. */
export const violationsOf = (data: unknown, payloadClass: PayloadClass, rules?: RuleOptions): readonly string[] => {
  if (data === null || typeof data !== 'object' || Array.isArray(data)) return ['the payload must be an object'];
  return violationsOfRules(data, payloadClass, rules).map(({ field, message }) => (field === '' ? message : `${field}: ${message}`));
};
