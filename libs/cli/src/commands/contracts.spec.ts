// contracts check and accept, on an application in memory: each breaking change is planted once and must be caught.
import 'reflect-metadata';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  defineEvents,
  eventIdOf,
  InMemoryEventStore,
  MainstemError,
  streamName,
  type EventDeclarations,
  type EventRegistry,
  type EventStore,
} from '@mainstem/event-store';
import { documentProjection } from '@mainstem/projection';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Type } from 'class-transformer';
import {
  Allow,
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MainstemApplication } from '../application.js';
import type { CliContext } from './cli-context.js';
import { acceptContracts } from './contracts-accept.js';
import { printCatalogue } from './contracts-catalogue.js';
import { checkContracts } from './contracts-check.js';
import type { ContractsReport } from './contracts-report.js';
import { printSchema } from './contracts-schema.js';

class LineData {
  @IsString() sku!: string;
  @IsInt() @Min(1) quantity!: number;
}
class PlacedData {
  @IsString() @Length(1, 10) customer!: string;
  @IsInt() @Min(0) @Max(100) discount!: number;
  @IsIn(['web', 'shop']) channel!: string;
  @Matches(/^[A-Z]{2}$/) country!: string;
  @IsOptional() @IsString() note?: string | null;
  @ValidateIf((data: PlacedData) => data.coupon !== null) @IsString() coupon!: string | null;
  @IsArray() @ArrayMaxSize(5) @ValidateNested() @Type(() => LineData) lines!: LineData[];
}
class PaidData {
  @IsNumber() amount!: number;
}

const CURRENT: EventDeclarations = { Placed: PlacedData, Paid: PaidData };
const PLACED = { customer: 'c1', discount: 5, channel: 'web', country: 'GB', coupon: null, lines: [{ sku: 's', quantity: 1 }] };

let folder: string;
let store: EventStore;
let stopping: AbortController;
let printed: string[];
let said: string[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'contracts-'));
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ mainstem: { application: './none.js' } }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  await rm(path.join(folder, 'contracts.lock.json'), { force: true });
  store = new InMemoryEventStore();
  stopping = new AbortController();
});

let appended = 0;
const append = async (stream: string, type: string, data: object, schemaVersion?: number): Promise<void> => {
  const id = eventIdOf(`contracts-${appended++}`, streamName('order-1'), 0);
  const metadata = schemaVersion === undefined ? {} : { schemaVersion };
  await store.append(streamName(stream), [{ id, type, data, metadata }], { expectedRevision: 'any' });
};

const applicationOf = (declarations: EventDeclarations, others: readonly EventRegistry[] = []): MainstemApplication => {
  const events = defineEvents('order', declarations);
  const types = events.types.includes('Placed') ? ['Placed'] : [...events.types];
  const projection = documentProjection({
    ...{ name: 'orders', version: 1, document: class Row {}, events: [events, ...others], key: () => 'one' },
    evolve: Object.fromEntries(types.map((type) => [type, () => ({})])),
  } as never);
  return {
    name: 'orders',
    aggregates: [{ category: 'order', events, initialState: {}, decide: () => [], evolve: () => ({}) } as never],
    readers: [projection],
    openEvents: () => Promise.resolve(new Proxy(store, { get: (target, key) => (key === 'close' ? () => Promise.resolve() : bound(target, key)) })),
    openReadModels: () => Promise.reject(new Error('no read model may be opened')),
  };
};
const bound = (target: object, key: string | symbol): unknown => {
  const value = (target as Readonly<Record<string | symbol, unknown>>)[key];
  return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
};

const contextOf = (application: MainstemApplication): CliContext => ({
  application,
  settings: { env: {} },
  terminal: {
    isInteractive: false,
    errorStream: process.stderr,
    print: (line) => Promise.resolve(void printed.push(line)),
    say: (line) => void said.push(line),
  },
  signal: stopping.signal,
});

// The repository's class-transformer is the one that decorators of this file use.
const place = (): { folder: string; lock: string } => ({ folder: process.cwd(), lock: path.join(folder, 'contracts.lock.json') });

const accept = (declarations: EventDeclarations, options: { breaking?: boolean; history?: boolean; whole?: boolean } = {}): Promise<number> => {
  [printed, said] = [[], []];
  return acceptContracts(contextOf(applicationOf(declarations)), { ...place(), ...options });
};
const check = async (
  declarations: EventDeclarations,
  options: { whole?: boolean; history?: boolean } = { history: false },
): Promise<ContractsReport & { readonly code: number; readonly breaks: readonly string[] }> => {
  [printed, said] = [[], []];
  const code = await checkContracts(contextOf(applicationOf(declarations)), { ...place(), json: true, ...options });
  const report = JSON.parse(printed.join('\n')) as ContractsReport;
  const breaks = report.changes
    .filter(({ isBreaking }) => isBreaking)
    .map(({ kind, event, field }) => `${kind} ${event}${field === undefined ? '' : ` ${field}`}`);
  return { ...report, code, breaks };
};

/** PlacedData with other decorators on some fields; null leaves a field out. */
const placedWith = (changed: Readonly<Record<string, readonly PropertyDecorator[] | null>>): new () => object => {
  const usual: Record<string, readonly PropertyDecorator[]> = {
    customer: [IsString(), Length(1, 10)],
    discount: [IsInt(), Min(0), Max(100)],
    channel: [IsIn(['web', 'shop'])],
    country: [Matches(/^[A-Z]{2}$/)],
    note: [IsOptional(), IsString()],
    coupon: [ValidateIf((data: PlacedData) => data.coupon !== null), IsString()],
    lines: [IsArray(), ArrayMaxSize(5), ValidateNested(), Type(() => LineData)],
  };
  const made = class PlacedDataChanged {};
  for (const [field, decorators] of Object.entries({ ...usual, ...changed }))
    for (const decorator of decorators ?? []) decorator(made.prototype, field);
  return made;
};
class NarrowLineData {
  @IsString() sku!: string;
  @IsInt() @Min(2) quantity!: number;
}

describe('contracts check against the lock file', () => {
  beforeEach(async () => expect(await accept(CURRENT)).toBe(0));

  it('finds nothing where nothing has changed', async () => {
    expect(await check(CURRENT)).toMatchObject({ code: 0, changes: [] });
    expect(await check({ Paid: PaidData, Placed: placedWith({}) })).toMatchObject({ code: 0, changes: [] });
  });

  it.each<[string, string, Readonly<Record<string, readonly PropertyDecorator[] | null>>]>([
    ['a removed field', 'field-removed order/Placed note', { note: null }],
    ['a renamed field', 'field-renamed order/Placed customer', { customer: null, custmer: [IsString(), Length(1, 10)] }],
    ['a field with a new name of the same rules', 'field-renamed order/Placed country', { country: null, land: [Matches(/^[A-Z]{2}$/)] }],
    ['a new required field', 'field-added order/Placed currency', { currency: [IsString()] }],
    ['an optional field that is required now', 'field-required order/Placed note', { note: [IsString()] }],
    ['a field that must not be null any more', 'null-refused order/Placed coupon', { coupon: [IsString()] }],
    ['another type', 'type-narrowed order/Placed discount', { discount: [IsString()] }],
    ['a narrower list of values', 'rule-tightened order/Placed channel', { channel: [IsIn(['web'])] }],
    ['a shorter text', 'rule-tightened order/Placed customer', { customer: [IsString(), Length(1, 5)] }],
    ['a longer text at least', 'rule-tightened order/Placed customer', { customer: [IsString(), Length(2, 10)] }],
    ['a higher minimum', 'rule-tightened order/Placed discount', { discount: [IsInt(), Min(1), Max(100)] }],
    ['a lower maximum', 'rule-tightened order/Placed discount', { discount: [IsInt(), Min(0), Max(50)] }],
    ['another pattern', 'rule-tightened order/Placed country', { country: [Matches(/^[A-Z]{3}$/)] }],
    ['a shorter list', 'rule-tightened order/Placed lines', { lines: [IsArray(), ArrayMaxSize(4), ValidateNested(), Type(() => LineData)] }],
    [
      'a tighter rule of a nested object',
      'rule-tightened order/Placed lines[].quantity',
      { lines: [IsArray(), ArrayMaxSize(5), ValidateNested(), Type(() => NarrowLineData)] },
    ],
  ])('names %s', async (_, expected, changed) => {
    const { code, breaks, changes, stubs } = await check({ ...CURRENT, Placed: placedWith(changed) });
    expect(code).toBe(1);
    expect(breaks).toContain(expected);
    const broken = changes.find(({ isBreaking }) => isBreaking);
    expect(broken).toMatchObject({ versions: [1], readers: ['aggregate order', 'projection orders'], advice: expect.any(String) as string });
    expect(stubs['order/Placed']).toMatch(/version: 2,\n {2}upcasters: \{\n {4}1: \(/);
  });

  it('names a removed and a renamed event', async () => {
    expect((await check({ Placed: PlacedData })).breaks).toEqual(['event-removed order/Paid']);
    const { breaks, changes } = await check({ Placed: PlacedData, Payed: PaidData });
    expect(breaks).toEqual(['event-renamed order/Paid']);
    expect(changes).toContainEqual(expect.objectContaining({ renamedTo: 'order/Payed' }));
  });

  it('takes new optional fields, wider rules, wider types and new events', async () => {
    const wider = placedWith({
      customer: [IsString(), Length(0, 20)],
      discount: [IsNumber(), Min(-1), Max(200)],
      channel: [IsIn(['web', 'shop', 'phone'])],
      country: [Allow()],
      colour: [IsOptional(), IsString()],
      coupon: [IsOptional(), IsString()],
    });
    const { code, breaks, changes } = await check({ ...CURRENT, Placed: wider, Sent: PaidData });
    expect([code, breaks]).toEqual([0, []]);
    expect(changes.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['event-added', 'field-added', 'field-optional', 'rule-widened', 'type-widened']),
    );
  });

  it('takes a required field with a new schema version, and refuses a lowered one', async () => {
    const second = { data: placedWith({ currency: [IsString()] }), version: 2, upcasters: { 1: (data: object) => ({ ...data, currency: 'GBP' }) } };
    const raised = await check({ ...CURRENT, Placed: second });
    expect(raised).toMatchObject({ code: 0, breaks: [] });
    expect(await accept({ ...CURRENT, Placed: second })).toBe(0);
    expect((await check(CURRENT)).breaks).toEqual(['version-lowered order/Placed', 'field-removed order/Placed currency']);
    expect(() => defineEvents('order', { Placed: { ...second, upcasters: {} } })).toThrow('lacks the step from version 1 to 2');
  });

  it('names two registries that declare one event differently', async () => {
    const application = applicationOf(CURRENT);
    const other = documentProjection({
      ...{ name: 'other', version: 1, document: class Row {}, events: [defineEvents('order', { Paid: LineData })], key: () => 'one' },
      evolve: { Paid: () => ({}) },
    } as never);
    [printed, said] = [[], []];
    const readers = [...(application.readers ?? []), other];
    expect(await checkContracts(contextOf({ ...application, readers }), { ...place(), history: false })).toBe(1);
    expect(printed.join('\n')).toContain('order/Paid: is declared by several registries');
  });

  it('writes the lock only where nothing breaks, unless told to', async () => {
    const changed = { ...CURRENT, Placed: placedWith({ note: null }) };
    const before = await readFile(place().lock, 'utf8');
    expect(await accept(changed, { history: false })).toBe(1);
    expect(await readFile(place().lock, 'utf8')).toBe(before);
    expect(await accept(changed, { history: false, breaking: true })).toBe(0);
    expect(await check(changed)).toMatchObject({ code: 0, changes: [] });
  });

  it.each([{}, { whole: true }, { history: false }])('refuses a break of the lock on a store without such events (%o)', async (options) => {
    const changed = { ...CURRENT, Placed: placedWith({ note: null }) };
    const before = await readFile(place().lock, 'utf8');
    await append('order-1', 'Paid', { amount: 1 });
    expect(await check(changed, { whole: true })).toMatchObject({ code: 0, breaks: [] });
    expect(await accept(changed, options)).toBe(1);
    expect(printed[0]).toBe('BREAKING  order/Placed note (schema version 1): was removed, and stored events have it');
    expect(said.join()).toContain('--breaking');
    expect(await readFile(place().lock, 'utf8')).toBe(before);
    expect(await accept(changed, { ...options, breaking: true })).toBe(0);
  });

  it('says where a lock file is broken', async () => {
    const text = await readFile(place().lock, 'utf8');
    const at = (line: number, put: string): string =>
      text
        .split('\n')
        .map((kept, index) => (index === line - 1 ? put : kept))
        .join('\n');
    for (const [broken, line] of [
      [at(5, '<<<<<<< HEAD'), 5],
      [at(5, '      "version": "two",'), 5],
      [text.slice(0, -20), text.slice(0, -20).split('\n').length],
      ['[]', 1],
    ] as const) {
      await writeFile(place().lock, broken);
      await expect(check(CURRENT)).rejects.toMatchObject({
        code: 'CLI_UNUSABLE_CONTRACT_LOCK',
        message: expect.stringContaining(`Line ${line} `) as string,
      });
    }
  });
});

describe('contracts check against stored events', () => {
  beforeEach(async () => {
    await append('order-1', 'Placed', PLACED);
    await append('order-1', 'Paid', { amount: 1.5 });
  });

  it('says how to make a lock file where there is none', async () => {
    await expect(check(CURRENT)).rejects.toMatchObject({
      code: 'CLI_NO_CONTRACT_LOCK',
      message: expect.stringContaining('contracts accept') as string,
    });
  });

  it.each([true, false])('finds nothing in stored events that fit (whole: %s)', async (whole) => {
    expect(await accept(CURRENT)).toBe(0);
    expect(await check(CURRENT, { whole })).toMatchObject({ code: 0, changes: [], history: { isWhole: whole, events: 2 } });
  });

  it.each<[string, string, string, object]>([
    ['a field that the class does not have', 'stored-field-unknown', 'colour', { colour: 'red' }],
    ['a missing field', 'stored-field-missing', 'customer', { customer: undefined }],
    ['another type', 'stored-type-differs', 'discount', { discount: '5' }],
    ['a broken rule', 'stored-rule-broken', 'discount', { discount: 101 }],
    ['a fault of a nested object', 'stored-field-missing', 'lines[].sku', { lines: [{ quantity: 1 }] }],
    ['a type of a nested object', 'stored-type-differs', 'lines[].quantity', { lines: [{ sku: 's', quantity: 'x' }] }],
    ['null', 'stored-rule-broken', 'discount', { discount: null }],
  ])('names %s', async (_, kind, field, changed) => {
    expect(await accept(CURRENT)).toBe(0);
    await append('order-2', 'Placed', { ...PLACED, ...changed });
    const { code, breaks, changes } = await check(CURRENT, { whole: false });
    expect([code, breaks]).toEqual([1, [`${kind} order/Placed ${field}`]]);
    expect(changes[0]).toMatchObject({ count: 1, versions: [1], example: { stream: 'order-2', position: '3' } });
  });

  it('tells events that are declared nowhere, and refuses those that were once locked', async () => {
    expect(await accept(CURRENT)).toBe(0);
    await append('parcel-1', 'Weighed', {});
    expect(await check(CURRENT, { whole: true })).toMatchObject({ code: 0, changes: [{ kind: 'stored-event-undeclared', event: 'parcel/Weighed' }] });
    expect((await check({ Placed: PlacedData }, {})).breaks).toEqual(['event-removed order/Paid', 'stored-event-undeclared order/Paid']);
  });

  it('runs upcasters, and names versions that they do not lift', async () => {
    const second = { data: placedWith({ currency: [IsString()] }), version: 2, upcasters: { 1: (data: object) => ({ ...data, currency: 'GBP' }) } };
    expect(await accept({ ...CURRENT, Placed: second })).toBe(0);
    expect(await check({ ...CURRENT, Placed: second }, {})).toMatchObject({ code: 0 });
    const wrong = { ...second, upcasters: { 1: (data: object) => ({ ...data, currency: 1 }) } };
    expect((await check({ ...CURRENT, Placed: wrong }, {})).breaks).toEqual(['stored-type-differs order/Placed currency']);
    const throwing = {
      ...second,
      upcasters: {
        1: () => {
          throw new Error('no rate');
        },
      },
    };
    const failed = await check({ ...CURRENT, Placed: throwing }, {});
    expect(failed.breaks).toEqual(['stored-not-lifted order/Placed']);
    expect(failed.changes[0]?.message).toContain('no rate');
    await append('order-3', 'Placed', { ...PLACED, currency: 'EUR' }, 3);
    expect((await check({ ...CURRENT, Placed: second }, {})).breaks).toEqual(['stored-version-newer order/Placed']);
  });

  it('tells a break that concerns no stored event, once all of them were read', async () => {
    expect(await accept(CURRENT)).toBe(0);
    const tighter = { ...CURRENT, Placed: placedWith({ discount: [IsInt(), Min(0), Max(50)] }) };
    expect((await check(tighter, { whole: false })).code).toBe(1);
    expect((await check(tighter, { whole: true })).code).toBe(0);
    await append('order-2', 'Placed', { ...PLACED, discount: 60 });
    expect((await check(tighter, { whole: true })).breaks).toEqual([
      'rule-tightened order/Placed discount',
      'stored-rule-broken order/Placed discount',
    ]);
  });

  /** One event of another program in each of so many streams, whose names begin with a number of their own. */
  const appendForeign = async (streams: number): Promise<void> => {
    for (let index = 0; index < streams; index++) await append(`${(0x10000000 + index).toString(16)}-9b1d`, 'Noted', {});
  };

  it('finds each break behind the streams of another program', async () => {
    expect(await accept(CURRENT)).toBe(0);
    await appendForeign(1_001);
    await append('order-2', 'Placed', { ...PLACED, discount: 60 });
    const tighter = { ...CURRENT, Placed: placedWith({ discount: [IsInt(), Min(0), Max(50)] }) };
    const { code, breaks, left, leftBreaking } = await check(tighter, { whole: true });
    expect(breaks).toEqual(['rule-tightened order/Placed discount', 'stored-rule-broken order/Placed discount']);
    expect({ code, left, leftBreaking }).toEqual({ code: 1, left: 1, leftBreaking: 0 });
  });

  it('calls no difference from the lock harmless while breaks of stored events are counted only', async () => {
    expect(await accept(CURRENT)).toBe(0);
    await append('order-2', 'Placed', { ...PLACED, ...Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`tag${index}`, 1])) });
    const paid = class PaidChanged {};
    for (const decorator of [IsNumber(), Min(1)]) decorator(paid.prototype, 'amount');
    const { breaks, left, leftBreaking } = await check({ ...CURRENT, Paid: paid as never }, { whole: true });
    expect(breaks).toContain('rule-tightened order/Paid amount');
    expect({ left, leftBreaking }).toEqual({ left: 1, leftBreaking: 1 });
  });

  it('samples a long log evenly, with the oldest and newest of each type', async () => {
    expect(await accept(CURRENT)).toBe(0);
    await append('order-2', 'Placed', { ...PLACED, colour: 'red' });
    for (let index = 0; index < 200; index++) {
      const events = Array.from({ length: 50 }, () => ({
        ...{ id: eventIdOf(`contracts-${appended++}`, streamName('order-1'), 0), type: 'Paid', data: { amount: index }, metadata: {} },
      }));
      await store.append(streamName(`order-n${index}`), events, { expectedRevision: 'any' });
    }
    const { breaks, history } = await check(CURRENT, {});
    expect(breaks).toEqual(['stored-field-unknown order/Placed colour']);
    expect(history?.events).toBeGreaterThan(5_000);
    expect(history?.events).toBeLessThan(7_000);
  });

  it('names an event store that cannot be read, and ends with 130 when interrupted', async () => {
    expect(await accept(CURRENT)).toBe(0);
    const application = { ...applicationOf(CURRENT), openEvents: () => Promise.reject(new MainstemError('EVENT_STORE_UNAVAILABLE', 'It is away.')) };
    await expect(checkContracts(contextOf(application), place())).rejects.toMatchObject({
      code: 'CLI_HISTORY_UNREADABLE',
      message: expect.stringContaining('It is away. (EVENT_STORE_UNAVAILABLE)') as string,
    });
    stopping.abort();
    expect(await checkContracts(contextOf(applicationOf(CURRENT)), place())).toBe(130);
  });

  it('prints what breaks, who reads it, and what to write', async () => {
    class PlacedV2 {
      @IsBoolean() paid!: boolean;
    }
    expect(await accept(CURRENT)).toBe(0);
    [printed, said] = [[], []];
    expect(await checkContracts(contextOf(applicationOf({ Placed: PlacedData, Paid: PlacedV2 })), { ...place(), history: false })).toBe(1);
    expect(printed).toEqual([
      'BREAKING  order/Paid amount (schema version 1): was removed, and stored events have it',
      'BREAKING  order/Paid paid (schema version 1): is new and required, and stored events do not have it',
      '  read by: aggregate order',
      '  Keep it as an optional field, or declare a new schema version whose upcaster leaves it out.',
      '  Let it be missing (@IsOptional()), or declare a new schema version whose upcaster gives a value.',
      '  An upcaster to begin with, for the registry of order:',
      '    Paid: {',
      '      data: PaidData,',
      '      version: 2,',
      '      upcasters: {',
      '        1: ({ amount, ...data }) => ({ ...data, paid: undefined /* the value for stored events */ }),',
      '      },',
      '    },',
      '2 BREAKING changes; no stored event was read',
    ]);
  });
});

describe('contracts schema and catalogue', () => {
  beforeEach(() => {
    [printed, said] = [[], []];
  });

  it('print a JSON Schema that takes what is stored, and refuses other types', async () => {
    expect(await printSchema(contextOf(applicationOf(CURRENT)), place())).toBe(0);
    const { $defs } = JSON.parse(printed.join('\n')) as { readonly $defs: Readonly<Record<string, object>> };
    expect(Object.keys($defs)).toEqual(['order/Paid@1', 'order/Placed@1']);
    const validate = new Ajv2020({ strict: false }).compile($defs['order/Placed@1'] ?? false);
    expect(validate(PLACED), JSON.stringify(validate.errors)).toBe(true);
    for (const wrong of [{ discount: '5' }, { lines: [{ sku: 1, quantity: 1 }] }, { colour: 'red' }, { customer: undefined }, { country: 'gb' }])
      expect(validate(JSON.parse(JSON.stringify({ ...PLACED, ...wrong }))), JSON.stringify(wrong)).toBe(false);
  });

  it('put a page of all events into a file as a whole', async () => {
    const out = path.join(folder, 'events.md');
    expect(await printCatalogue(contextOf(applicationOf(CURRENT)), { ...place(), out })).toBe(0);
    const page = (await readFile(out, 'utf8')).split('\n');
    expect(page.slice(0, 6)).toEqual([
      '# Events of orders',
      '',
      '| event | schema version | written by | read by |',
      '| --- | --- | --- | --- |',
      '| order/Paid | 1 | aggregate order | its aggregate alone |',
      '| order/Placed | 1 | aggregate order | projection orders |',
    ]);
    expect(page).toContain('| lines | list of object |  |  | arrayMaxSize 5 |');
    expect(page).toContain('| lines\\[\\].quantity | integer |  |  | min 1 |');
    expect(page).toContain('| note | string | yes | yes |  |');
    await expect(printCatalogue(contextOf(applicationOf(CURRENT)), { ...place(), out: path.join(folder, 'none', 'x') })).rejects.toMatchObject({
      code: 'CLI_OUTPUT_UNWRITABLE',
    });
  });
});
