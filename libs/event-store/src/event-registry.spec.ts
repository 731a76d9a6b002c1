// Promises of the registry of events.
import { IsInt, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { defineEvents, violationsOf, type EventOf } from './event-registry.js';
import { LazyRecordedEvent, type EventMetadata } from './event.js';
import { eventIdOf } from './event-ids.js';
import { position, revision, streamName } from './identifiers.js';

class Opened {
  @IsString() name!: string;
  @IsOptional() @IsString() note?: string | null;
}
class Line {
  @IsInt() @Min(1) quantity!: number;
}
class Counted {
  @IsInt() @Min(0) total!: number;
  @IsString() unit!: string;
}
class WithLine {
  @ValidateNested() line!: Line;
}
class Closed {}

const registry = defineEvents('tally', {
  Opened,
  Closed,
  Counted: {
    data: Counted,
    version: 3,
    upcasters: {
      1: (data) => ({ total: data['count'] }),
      2: (data) => ({ ...data, unit: 'piece' }),
    },
  },
});

const stream = streamName('tally-1');
const recorded = (type: string, dataJson: string, metadata: EventMetadata = {}) =>
  new LazyRecordedEvent({
    id: eventIdOf('c', stream, 0),
    stream,
    revision: revision(0n),
    position: position(7n),
    type,
    recordedAtMs: 0,
    dataJson,
    metadataJson: JSON.stringify(metadata),
  });

describe('defineEvents', () => {
  it('knows its types and the version each is written with', () => {
    expect(registry.types).toEqual(['Opened', 'Closed', 'Counted']);
    expect([registry.has('Opened'), registry.has('Other'), registry.has('constructor'), registry.has('__proto__')]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([registry.schemaVersion('Opened'), registry.schemaVersion('Counted')]).toEqual([1, 3]);
  });

  it('infers the union of events', () => {
    expectTypeOf<EventOf<typeof registry>['type']>().toEqualTypeOf<'Opened' | 'Closed' | 'Counted'>();
    expectTypeOf<Extract<EventOf<typeof registry>, { type: 'Counted' }>['data']>().toEqualTypeOf<Readonly<Counted>>();
  });

  it('refuses a version without all of its upcasters, and versions below 1', () => {
    const invalid = expect.objectContaining({ code: 'EVENT_STORE_INVALID_INPUT' });
    expect(() => defineEvents('x', { Counted: { data: Counted, version: 3, upcasters: { 1: () => ({}) } } })).toThrow(invalid);
    for (const version of [0, 1.5, Number.NaN])
      expect(() => defineEvents('x', { Counted: { data: Counted, version, upcasters: {} } })).toThrow(invalid);
  });
});

describe('validate', () => {
  const refusal = (type: string, data: unknown): readonly string[] => {
    try {
      registry.validate({ type, data });
    } catch (error) {
      expect(error).toMatchObject({ code: 'EVENT_STORE_INVALID_EVENT', type });
      return (error as { violations: readonly string[] }).violations;
    }
    return [];
  };

  it('accepts payloads that obey the rules of their class, plain or constructed', () => {
    for (const data of [{ name: 'a' }, { name: 'a', note: null }, Object.assign(new Opened(), { name: 'a' })])
      expect(refusal('Opened', data)).toEqual([]);
    for (const data of [{}, new Closed()]) expect(refusal('Closed', data)).toEqual([]);
  });

  it('names every field that breaks a rule', () => {
    expect(refusal('Counted', { total: -1, unit: 5 }).map((violation) => violation.split(':')[0])).toEqual(['total', 'unit']);
    expect(refusal('Opened', {})[0]).toContain('name');
  });

  it('refuses fields that the class does not have', () => {
    for (const data of [
      { name: 'a', extra: 1 },
      { name: 'a', hasOwnProperty: 1 },
    ])
      expect(refusal('Opened', data)).not.toEqual([]);
    expect(refusal('Closed', { extra: 1 })).not.toEqual([]);
  });

  it('refuses values that are no object, and types that it does not know', () => {
    for (const data of [null, undefined, 1, 'x', [], [{ name: 'a' }]]) expect(refusal('Opened', data)).not.toEqual([]);
    for (const type of ['Other', 'constructor', '__proto__', 'toString']) expect(refusal(type, {})).not.toEqual([]);
  });

  it('refuses keys named like parts of an object, and pollutes nothing', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      expect(refusal('Opened', JSON.parse(`{"name":"a","${key}":{"polluted":true}}`))).not.toEqual([]);
      expect(refusal('Closed', JSON.parse(`{"${key}":{"polluted":true}}`))).not.toEqual([]);
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('does not let a payload pass for valid by bringing its own prototype', () => {
    expect(refusal('Opened', JSON.parse('{"__proto__":{"name":"a"}}'))).not.toEqual([]);
  });

  it('names fields of nested payloads by their path', () => {
    const line = Object.assign(new Line(), { quantity: 0 });
    expect(violationsOf({ line }, WithLine)[0]).toMatch(/^line\.quantity: /);
  });
});

describe('decode', () => {
  it('returns a payload of version 1 as it is, without parsing it', () => {
    const broken = recorded('Opened', '{"name":');
    const event = registry.decode(broken);
    expect(event).toBe(broken);
    expect(() => event.data).toThrow(expect.objectContaining({ code: 'EVENT_STORE_UNDECODABLE_EVENT', position: 7n }));
  });

  it.each<[string, object, EventMetadata]>([
    ['without a version', { count: 4 }, {}],
    ['of version 1', { count: 4 }, { schemaVersion: 1 }],
    ['of version 2', { total: 4 }, { schemaVersion: 2 }],
    ['of the current version', { total: 4, unit: 'piece' }, { schemaVersion: 3 }],
  ])('lifts a payload %s to the current one', (_, data, metadata) => {
    const stored = recorded('Counted', JSON.stringify(data), metadata);
    const event = registry.decode(stored);
    expect(event.data).toEqual({ total: 4, unit: 'piece' });
    const { id, position: place, revision: inStream, recordedAt, type } = event;
    expect({ id, place, inStream, recordedAt, type, stream: event.stream, metadata: event.metadata }).toEqual({
      id: stored.id,
      place: 7n,
      inStream: 0n,
      recordedAt: '1970-01-01T00:00:00.000Z',
      type: 'Counted',
      stream,
      metadata,
    });
  });

  it('refuses a payload of a newer version, a type it does not know, and an upcaster that throws', () => {
    const undecodable = expect.objectContaining({ code: 'EVENT_STORE_UNDECODABLE_EVENT' });
    const newer = (schemaVersion: number, knownVersion: number) =>
      expect.objectContaining({ code: 'EVENT_STORE_NEWER_EVENT', schemaVersion, knownVersion });
    expect(() => registry.decode(recorded('Counted', '{}', { schemaVersion: 4 }))).toThrow(newer(4, 3));
    expect(() => registry.decode(recorded('Opened', '{"name":"a"}', { schemaVersion: 2 }))).toThrow(newer(2, 1));
    expect(() => registry.decode(recorded('Other', '{}'))).toThrow(newer(1, 0));
    const failing = defineEvents('x', { Counted: { data: Counted, version: 2, upcasters: { 1: () => { throw new Error('no'); } } } }); // prettier-ignore
    expect(() => failing.decode(recorded('Counted', '{}'))).toThrow(undecodable);
  });

  it.each([0, -1, 1.5, '1' as never, {} as never])('refuses the schema version %j', (schemaVersion) => {
    expect(() => registry.decode(recorded('Counted', '{"count":4}', { schemaVersion }))).toThrow(
      expect.objectContaining({ code: 'EVENT_STORE_UNDECODABLE_EVENT' }),
    );
  });

  it.each([undefined, null, 5, []])('is not made of %j, which declares nothing', (declarations) => {
    expect(() => defineEvents('counter', declarations as unknown as Record<string, never>)).toThrow(
      expect.objectContaining({ code: 'EVENT_STORE_INVALID_INPUT' }),
    );
    expect(() => defineEvents('', {})).toThrow(expect.objectContaining({ code: 'EVENT_STORE_INVALID_INPUT', field: 'category' }));
  });
});
