// What stored events really hold, judged by the declared payload classes. class-validator decides, after the upcasters.
import { violationsOfRules } from '../declared-rules.js';
import { isMainstemError } from '../errors.js';
import type { RecordedEvent } from '../event.js';
import type { EventRegistry } from '../event-registry.js';
import { streamPrefixOf } from '../identifiers.js';
import { nearestName } from '../nearest-name.js';
import { declaredType, fieldRulesOf } from '../obeyed-rules.js';
import { rulesOf, type RuledClass } from '../prepared-rules.js';
import type { RuleOptions } from '../rule-options.js';
import { covers } from './compare-fields.js';
import type { ContractChange, ContractChangeKind } from './contract-change.js';
import { eventName, type EventContracts, type FieldContracts } from './event-contract.js';
import { placeOf, type FieldPlace } from './field-path.js';
import type { NestedClassOf } from './payload-contract.js';

/**
 * More different faults than this are counted, not kept: a list of another program's events could be endless. Breaking
 * ones and others have a limit each, so that no foreign event takes the place of a break.
 */
const MISFITS_MAX = 1_000;
/** Another program may write any number as the schema version. */
const VERSIONS_MAX = 100;

export interface StoredPayloadsOptions {
  readonly registries: readonly EventRegistry[];
  readonly declared: EventContracts;
  /** Of the lock file: an event that it names and that is not declared any more is a break. */
  readonly locked: EventContracts;
  readonly nestedClassOf?: NestedClassOf;
}

interface Misfit {
  readonly change: Omit<ContractChange, 'versions' | 'message'>;
  readonly versions: Set<number>;
  readonly message: (events: string) => string;
  count: number;
}

/** Takes stored events one by one, in any order, each once. */
export class StoredPayloads {
  readonly #options: StoredPayloadsOptions;
  readonly #breaking = new Map<string, Misfit>();
  readonly #others = new Map<string, Misfit>();
  readonly #names = new Set<string>();
  #left = 0;
  #leftBreaking = 0;

  constructor(options: StoredPayloadsOptions) {
    this.#options = options;
  }

  /** Faults that are counted only: beyond the first 1,000 kinds of breaking ones, and the first 1,000 of others. */
  get left(): number {
    return this.#left;
  }

  /** Of `left`, the breaking ones. */
  get leftBreaking(): number {
    return this.#leftBreaking;
  }

  /** `category/Type` of the events that were met and that a registry or the lock file declares. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** One change for each event, field and fault, in order of them. */
  get changes(): readonly ContractChange[] {
    return [...this.#breaking, ...this.#others]
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([, { change, versions, message, count }]) => ({
        ...change,
        versions: [...versions].toSorted((left, right) => left - right),
        message: message(count === 1 ? '1 stored event' : `${count} stored events`),
        count,
      }));
  }

  add(event: RecordedEvent): void {
    const registry = this.#registryOf(event);
    if (!registry) return this.#undeclared(event);
    const name = eventName(registry.category, event.type);
    this.#names.add(name);
    let decoded: RecordedEvent;
    try {
      decoded = registry.decode(event);
      // The payload is parsed here at the latest.
      if (typeof decoded.data !== 'object') throw new TypeError(`its payload is ${typeof decoded.data}`);
    } catch (error) {
      return this.#unreadable(name, event, error);
    }
    this.#judge(name, registry, event, decoded.data);
  }

  #registryOf({ type, stream }: RecordedEvent): EventRegistry | undefined {
    return this.#options.registries.find((registry) => registry.has(type) && stream.startsWith(streamPrefixOf(registry.category)));
  }

  #undeclared(event: RecordedEvent): void {
    const lockedName = Object.keys(this.#options.locked).find((name) => {
      const slash = name.indexOf('/');
      return name.slice(slash + 1) === event.type && event.stream.startsWith(streamPrefixOf(name.slice(0, slash)));
    });
    const name = lockedName ?? eventName(event.stream.slice(0, Math.max(0, event.stream.indexOf('-'))), event.type);
    if (lockedName !== undefined) this.#names.add(lockedName);
    this.#add('stored-event-undeclared', name, event, {
      isBreaking: lockedName !== undefined,
      message: (events) => `${events} of this type, which no registry declares`,
      ...(lockedName !== undefined && { advice: 'Declare it again, under its old name: stored events keep their type for ever.' }),
    });
  }

  #unreadable(name: string, event: RecordedEvent, error: unknown): void {
    const isNewer = isMainstemError(error, 'EVENT_STORE_NEWER_EVENT');
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    this.#add(isNewer ? 'stored-version-newer' : 'stored-not-lifted', name, event, {
      message: (events) =>
        isNewer ? `${events} of a schema version that is not declared` : `${events} cannot be read in the declared schema${cause}`,
      advice: isNewer ? 'Declare that version, with its upcasters.' : 'Correct the upcaster, or the class.',
    });
  }

  #judge(name: string, registry: EventRegistry, event: RecordedEvent, data: unknown): void {
    const { data: payloadClass, rules } = registry.payloadOf(event.type);
    const fields = this.#options.declared[name]?.fields ?? {};
    if (data === null || typeof data !== 'object' || Array.isArray(data)) {
      return this.#add('stored-type-differs', name, event, { message: (events) => `the payload of ${events} is no object`, advice: LIFT });
    }
    const instance = this.#instanceOf(data as Record<string, unknown>, payloadClass, rules);
    for (const { field, message } of violationsOfRules(instance, payloadClass, rules)) {
      const place = placeOf(field, fields, data);
      if (!isOfUnknownClass(field, fields, data)) this.#addPlace(name, event, fields, place, message);
    }
  }

  #addPlace(name: string, event: RecordedEvent, fields: FieldContracts, place: FieldPlace, rule: string): void {
    const { path, contract, value } = place;
    if (contract === undefined) {
      const near = nearestName(path, Object.keys(fields));
      this.#add('stored-field-unknown', name, event, {
        field: path,
        ...(near !== undefined && { renamedTo: near }),
        message: (events) =>
          `${events} with this field, which the class does not declare${near === undefined ? '' : `; ${near} looks like its new name`}`,
        advice: 'Declare the field (it may be optional), or a new schema version whose upcaster moves its value or leaves it out.',
      });
    } else if (value === undefined)
      this.#add('stored-field-missing', name, event, {
        field: path,
        message: (events) => `${events} without this field, which is required`,
        advice: 'Let it be missing (@IsOptional()), or declare a new schema version whose upcaster gives a value.',
      });
    else if (value !== null && !covers(contract, { type: typeOf(value) }))
      this.#add('stored-type-differs', name, event, {
        field: path,
        message: (events) => `${events} with ${typeOf(value)} here, and the class wants ${contract.type}`,
        advice: LIFT,
      });
    else
      this.#add('stored-rule-broken', name, event, {
        field: path,
        message: (events) => `${events} that break a rule: ${rule}. Reading checks no rule: their readers get them as they are`,
        advice: LIFT,
      });
  }

  #add(
    kind: ContractChangeKind,
    event: string,
    recorded: RecordedEvent,
    told: Pick<Misfit, 'message'> & Partial<Pick<ContractChange, 'field' | 'advice' | 'isBreaking' | 'renamedTo'>>,
  ): void {
    const { message, isBreaking = true, ...rest } = told;
    const key = `${event}\n${rest.field ?? ''}\n${kind}`;
    const misfits = isBreaking ? this.#breaking : this.#others;
    let misfit = misfits.get(key);
    if (!misfit) {
      if (misfits.size >= MISFITS_MAX) return this.#leave(isBreaking);
      const { stream, position } = recorded;
      misfit = { change: { kind, event, isBreaking, ...rest, example: { stream, position } }, versions: new Set(), message, count: 0 };
      misfits.set(key, misfit);
    }
    misfit.count++;
    if (misfit.versions.size < VERSIONS_MAX) misfit.versions.add(versionOf(recorded));
  }

  #leave(isBreaking: boolean): void {
    this.#left++;
    if (isBreaking) this.#leftBreaking++;
  }

  /** class-validator checks nested objects by their classes, and stored ones have none. */
  #instanceOf(data: Record<string, unknown>, ruledClass: RuledClass, options: RuleOptions): object {
    const instance = Object.create(ruledClass.prototype as object) as Record<string, unknown>;
    const { fields } = fieldRulesOf(rulesOf(ruledClass, options));
    for (const key of Object.keys(data)) {
      const value = fields.get(key)?.isNested ? this.#nestedIn(data[key], ruledClass, key, options) : data[key];
      Object.defineProperty(instance, key, { value, writable: true, enumerable: true, configurable: true });
    }
    return instance;
  }

  #nestedIn(value: unknown, ruledClass: RuledClass, property: string, options: RuleOptions): unknown {
    const nested = declaredType(ruledClass, property) ?? this.#options.nestedClassOf?.(ruledClass, property);
    if (nested === undefined || value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map((member) => this.#nestedIn(member, ruledClass, property, options));
    return this.#instanceOf(value as Record<string, unknown>, nested, options);
  }
}

const LIFT = 'Take the change of the class back, or declare a new schema version whose upcaster mends the value.';

/** 1 also for metadata that cannot be decoded: decoding the event tells that. */
const versionOf = (event: RecordedEvent): number => {
  try {
    return event.metadata.schemaVersion ?? 1;
  } catch {
    return 1;
  }
};

/** True if the class of an object on the way is not known: class-validator can say nothing of its fields then. */
const isOfUnknownClass = (field: string, fields: FieldContracts, data: unknown): boolean => {
  const names = field.split('.');
  return names.some((_, index) => {
    const { contract, value } = placeOf(names.slice(0, index + 1).join('.'), fields, data);
    const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
    return isObject && contract?.type === 'object' && contract.fields === undefined && contract.rules === undefined;
  });
};

const typeOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'list';
  return Number.isInteger(value) ? 'integer' : typeof value;
};
