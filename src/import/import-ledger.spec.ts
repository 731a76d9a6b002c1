// Importing the ledger, in memory and embedded: order, repetition, bad lines, and an interruption in the middle.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { InMemoryEventStore, occurredAt, type EventStore, type RecordedEvent } from '@mainstem/event-store';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LedgerModule } from '../ledger/ledger.module.js';
import { importLedger, type ImportOptions } from './import-ledger.js';
import type { ImportReport } from './import-report.js';
import { LINE_BYTES_MAX } from './source-lines.js';

const SAMPLE = new URL('../../data/online-retail/sample.ndjson', import.meta.url);
const sample = (await readFile(SAMPLE, 'utf8')).trimEnd().split('\n');

interface Line {
  seq: number;
  stream: string;
  type: string;
  at: string;
  data: Record<string, unknown>;
}

const parsed = (lines: readonly string[]): readonly Line[] => lines.map((line) => JSON.parse(line) as Line);
const edited = (line: string, edit: (event: Line) => void): string => {
  const event = JSON.parse(line) as Line;
  edit(event);
  return JSON.stringify(event);
};
const withLines = (lines: readonly string[], replacements: Readonly<Record<number, string>>): string[] =>
  lines.map((line, index) => replacements[index + 1] ?? line);

const all = async (store: EventStore): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of store.readAll()) events.push(...batch);
  return events;
};
const facts = (events: readonly RecordedEvent[]): readonly Omit<Line, 'seq'>[] =>
  events.map((event) => ({ stream: event.stream, type: event.type, at: occurredAt(event), data: event.data as Record<string, unknown> }));
const withoutSeq = (lines: readonly Line[]): readonly Omit<Line, 'seq'>[] => lines.map(({ stream, type, at, data }) => ({ stream, type, at, data }));

/** Made-up documents, three open at a time; an order and a stock adjustment never share a number. */
const interleaved = (count: number): readonly string[] => {
  const lines: string[] = [];
  const open: { stream: string; no: string; line: number }[] = [];
  const put = (stream: string, type: string, data: object): void => {
    const at = new Date(Date.UTC(2012, 0, 1) + lines.length * 60_000).toISOString().replace('.000Z', 'Z');
    lines.push(JSON.stringify({ seq: lines.length + 1, stream, type, at, data }));
  };
  for (let step = 0; lines.length < count; step++) {
    const isCredit = open.length % 2 === 1;
    if (open.length < 3) {
      const no = `${isCredit ? 'C' : ''}${900_000 + step}`;
      const stream = `${isCredit ? 'credit' : 'order'}-${no}`;
      put(stream, isCredit ? 'CreditNoteIssued' : 'OrderPlaced', { [isCredit ? 'creditNo' : 'orderNo']: no, customerId: null, country: 'EIRE' });
      open.push({ stream, no, line: 0 });
      continue;
    }
    const index = (step * 7) % 3;
    const document = open[index] as (typeof open)[number];
    document.line++;
    const type = document.stream.startsWith('credit') ? 'CreditLineAdded' : 'OrderLineAdded';
    // Every ninth line is free: both kinds of document have such lines on record.
    const unitPrice = step % 9 === 0 ? '0.00' : '2.55';
    put(document.stream, type, { line: document.line, sku: `S${step % 13}`, description: 'A THING', quantity: 1, unitPrice });
    if (document.line === 12) open.splice(index, 1);
  }
  return lines;
};

/** Documents of about 90,000 bytes, between small ones. */
const large = (count: number): readonly string[] => {
  const lines: string[] = [];
  const put = (stream: string, type: string, data: object): void => {
    lines.push(JSON.stringify({ seq: lines.length + 1, stream, type, at: '2012-01-01T00:00:00Z', data }));
  };
  for (let number = 0; number < count; number++) {
    const orderNo = String(910_000 + number);
    put(`order-${orderNo}`, 'OrderPlaced', { orderNo, customerId: null, country: 'EIRE' });
    for (let line = 1; line <= (number % 3 === 0 ? 90 : 2); line++)
      put(`order-${orderNo}`, 'OrderLineAdded', { line, sku: 'S1', description: 'é'.repeat(400), quantity: 1, unitPrice: '2.55' });
  }
  return lines;
};

describe.each([
  { name: 'in memory', open: async (): Promise<EventStore> => new InMemoryEventStore() },
  { name: 'in the embedded store', open: (dir: string): Promise<EventStore> => EmbeddedEventStore.open({ dir: join(dir, 'store') }) },
])('importing $name', ({ open }) => {
  let dir: string;
  let store: EventStore;
  let context: INestApplicationContext;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-import-'));
    store = await open(dir);
    context = await NestFactory.createApplicationContext(LedgerModule.forRoot({ eventStore: { store } }), { logger: false });
  });
  afterEach(async () => {
    await context.close();
    await store.close();
    await rm(dir, { recursive: true });
  });

  const restart = async (): Promise<void> => {
    await context.close();
    context = await NestFactory.createApplicationContext(LedgerModule.forRoot({ eventStore: { store } }), { logger: false });
  };
  const rejectsFile = (): string => join(dir, 'rejects.ndjson');
  const importLines = async (lines: readonly (string | Buffer)[], options: Partial<ImportOptions> = {}): Promise<ImportReport> => {
    const file = join(dir, 'events.ndjson');
    await writeFile(file, Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])));
    return importLedger({ file, commandBus: context.get(CommandBus), events: store, rejectsFile: rejectsFile(), ...options });
  };
  const rejects = async (): Promise<readonly { line: number; reason: string; code: string; text: string }[]> =>
    (await readFile(rejectsFile(), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { line: number; reason: string; code: string; text: string })
      .sort((left, right) => left.line - right.line);

  it('imports interleaved documents in the order of the file, and adds nothing when repeated', async () => {
    const lines = interleaved(600);
    const report = await importLines(lines);
    expect(report).toMatchObject({ isComplete: true, lines: lines.length, added: lines.length, rejected: 0, renumbered: 0 });
    expect(facts(await all(store))).toEqual(withoutSeq(parsed(lines)));
    await restart();
    expect(await importLines(lines)).toMatchObject({ added: 0, alreadyThere: lines.length, rejected: 0 });
  });

  it('imports documents larger than one append of the store, in the order of the file', async () => {
    await store.close();
    store = new InMemoryEventStore({ limits: { eventBytesMax: 20_000, appendBytesMax: 20_000 } });
    await restart();
    const lines = large(7);
    expect(await importLines(lines)).toMatchObject({ isComplete: true, added: lines.length, rejected: 0, renumbered: 0 });
    expect(facts(await all(store))).toEqual(withoutSeq(parsed(lines)));
    expect(await importLines(lines)).toMatchObject({ added: 0, alreadyThere: lines.length, rejected: 0 });
  });

  it('keeps the order of the file, every number and every original time', async () => {
    const report = await importLines(sample);
    expect(report).toMatchObject({
      isComplete: true,
      lines: 2_000,
      added: 2_000,
      alreadyThere: 0,
      rejected: 0,
      rejectedByCode: {},
      rejectsFile: null,
      renumbered: 0,
    });
    expect(facts(await all(store))).toEqual(withoutSeq(parsed(sample)));
    await expect(readFile(rejectsFile())).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('adds nothing the second time, also after a restart', async () => {
    await importLines(sample);
    const head = await store.head();
    expect(await importLines(sample)).toMatchObject({ added: 0, alreadyThere: 2_000, rejected: 0 });
    await restart();
    expect(await importLines(sample)).toMatchObject({ added: 0, alreadyThere: 2_000, rejected: 0 });
    expect(await store.head()).toBe(head);
  });

  it('reads gzip, line ends of Windows, a byte order mark, empty lines and a last line without an end', async () => {
    const file = join(dir, 'events.gz');
    await writeFile(file, gzipSync(`\uFEFF${sample.slice(0, 50).join('\r\n')}\n\n${sample.slice(50, 100).join('\n')}`));
    const report = await importLedger({ file, commandBus: context.get(CommandBus), events: store, rejectsFile: rejectsFile() });
    expect(report).toMatchObject({ lines: 100, added: 100, rejected: 0 });
    expect(facts(await all(store))).toEqual(withoutSeq(parsed(sample.slice(0, 100))));
  });

  it('goes on where it was aborted', async () => {
    const abort = new AbortController();
    const slow = { execute: (command: object) => Promise.resolve().then(() => context.get(CommandBus).execute(command as never)) };
    let commands = 0;
    const commandBus = {
      execute: (command: object) => {
        if (++commands === 40) abort.abort();
        return slow.execute(command);
      },
    } as unknown as ImportOptions['commandBus'];
    const report = await importLines(sample, { commandBus, signal: abort.signal });
    expect(report.isComplete).toBe(false);
    const before = await all(store);
    expect(before.length).toBeLessThan(2_000);
    // The stored events are a beginning of the file, without a hole.
    expect(facts(before)).toEqual(withoutSeq(parsed(sample.slice(0, before.length))));

    await restart();
    expect(await importLines(sample)).toMatchObject({ isComplete: true, added: 2_000 - before.length, alreadyThere: before.length });
    expect(facts(await all(store))).toEqual(withoutSeq(parsed(sample)));
  });

  it('reports an abort, whenever it comes', async () => {
    const lines = interleaved(300);
    for (const last of [1, 2, 30, 63, 64, 65, 90, 150]) {
      const abort = new AbortController();
      let commands = 0;
      const commandBus = {
        execute: (command: object) => {
          if (++commands === last) setImmediate(() => abort.abort());
          return context.get(CommandBus).execute(command as never);
        },
      } as unknown as ImportOptions['commandBus'];
      const report = await importLines(lines, { commandBus, signal: abort.signal });
      if (abort.signal.aborted) expect(report.isComplete).toBe(false);
    }
    expect(await importLines(lines, { signal: AbortSignal.abort() })).toMatchObject({ isComplete: false, lines: 0 });
    expect(await importLines(lines)).toMatchObject({ isComplete: true, lines: 300 });
  });

  it('goes on where a shorter file ended, in the middle of a document', async () => {
    await importLines(sample.slice(0, 1_003));
    expect(await importLines(sample)).toMatchObject({ added: 997, alreadyThere: 1_003, rejected: 0, renumbered: 0 });
    expect(facts(await all(store))).toEqual(withoutSeq(parsed(sample)));
  });

  it('rejects bad lines with line number, code and text, and imports the rest', async () => {
    const text = (line: number): string => sample[line - 1] ?? '';
    const bad: Record<number, string> = {
      3: '{"seq":3,',
      11: '[]',
      20: edited(text(20), (event) => (event.type = 'OrderShipped')),
      31: edited(text(31), ({ data }) => delete data['quantity']),
      40: edited(text(40), ({ data }) => (data['discount'] = '1')),
      50: edited(text(50), ({ data }) => (data['quantity'] = 0)),
      60: edited(text(60), ({ data }) => (data['unitPrice'] = 2.55)),
      70: edited(text(70), (event) => (event.stream = 'credit-C1')),
      80: edited(text(80), (event) => (event.at = '2010-12-01 08:26')),
      90: text(89),
      101: edited(text(101), (event) => delete (event as Partial<Line>).data),
      121: `{"seq":121,"text":"${'x'.repeat(LINE_BYTES_MAX)}"}`,
      130: edited(text(130), (event) => (event.type = '__proto__')),
    };
    const lines: (string | Buffer)[] = withLines(sample, bad);
    lines[139] = Buffer.from(text(140), 'latin1').fill(0xff, 100, 101);
    const report = await importLines(lines);
    expect(report).toMatchObject({
      isComplete: true,
      lines: 2_000,
      added: 1_986,
      rejected: 14,
      rejectsFile: rejectsFile(),
      rejectedByCode: {
        COMMAND_INVALID: 2,
        IMPORT_INVALID_JSON: 2,
        IMPORT_LINE_TOO_LONG: 1,
        IMPORT_MISSING_FIELD: 2,
        IMPORT_NOT_UTF8: 1,
        IMPORT_SEQ_NOT_RISING: 1,
        IMPORT_UNKNOWN_FIELD: 1,
        IMPORT_UNKNOWN_TYPE: 2,
        IMPORT_WRONG_FIELD: 1,
        IMPORT_WRONG_STREAM: 1,
      },
    });
    const found = await rejects();
    expect(found.map(({ line }) => line)).toEqual([3, 11, 20, 31, 40, 50, 60, 70, 80, 90, 101, 121, 130, 140]);
    expect(found.find(({ line }) => line === 31)).toEqual({
      line: 31,
      code: 'IMPORT_MISSING_FIELD',
      reason: 'data.quantity: is missing',
      text: bad[31],
    });
    expect(found.find(({ line }) => line === 50)).toMatchObject({
      code: 'COMMAND_INVALID',
      reason: expect.stringContaining('lines.0.quantity'),
      text: bad[50],
    });
    expect(await store.head()).toBe(1_986n);
    const numbers = (await all(store)).filter(({ stream }) => stream === 'order-536365').map(({ data }) => (data as { line?: number }).line);
    expect(numbers).toEqual([undefined, 1, 2, 3, 4, 5, 6]);

    // A second time: the same rejects, nothing new.
    expect(await importLines(lines)).toMatchObject({ added: 0, alreadyThere: 1_986, rejected: 14 });
    expect(await rejects()).toEqual(found);

    // Repaired: missing lines are added, nothing twice.
    expect(await importLines(sample)).toMatchObject({ added: 14, alreadyThere: 1_986, rejected: 0 });
    const fact = ({ stream, type, data: { line: _, ...data } }: Omit<Line, 'seq'>): string => JSON.stringify([stream, type, data]);
    expect(
      facts(await all(store))
        .map(fact)
        .sort(),
    ).toEqual(parsed(sample).map(fact).sort());
  });

  it('rejects each line of a document without a header, until the header is there', async () => {
    const lines = withLines(sample.slice(0, 20), { 9: 'broken' });
    expect(await importLines(lines)).toMatchObject({ added: 17, rejectedByCode: { IMPORT_INVALID_JSON: 1, ORDER_NOT_PLACED: 2 } });
    expect((await rejects()).map(({ line, code }) => [line, code])).toEqual([
      [9, 'IMPORT_INVALID_JSON'],
      [10, 'ORDER_NOT_PLACED'],
      [11, 'ORDER_NOT_PLACED'],
    ]);
    expect(await importLines(sample.slice(0, 20))).toMatchObject({ added: 3, alreadyThere: 17, rejected: 0, renumbered: 0 });
  });

  it('rejects a second header and goes on with its lines', async () => {
    const lines = sample.slice(0, 8);
    const again = parsed(lines.slice(0, 3)).map((event, index) => JSON.stringify({ ...event, seq: 9 + index }));
    expect(await importLines([...lines, ...again])).toMatchObject({ added: 10, renumbered: 2, rejectedByCode: { ORDER_ALREADY_PLACED: 1 } });
    expect((await rejects()).map(({ line }) => line)).toEqual([9]);
  });

  it('rejects a line whose number is not the next of its document', async () => {
    const lines = [...sample.slice(0, 4), ...sample.slice(5, 8)];
    expect(await importLines(lines)).toMatchObject({ added: 6, rejectedByCode: { IMPORT_LINE_OUT_OF_ORDER: 1 }, renumbered: 2 });
    expect(await rejects()).toMatchObject([{ line: 5, reason: 'data.line: must be 4, the next of its document' }]);
  });

  it('imports a document that others interrupt', async () => {
    const events = parsed(sample.slice(0, 11));
    // order-536366 (seq 9 to 11) in the middle of order-536365 (1 to 8).
    const mixed = [...events.slice(0, 4), ...events.slice(8, 11), ...events.slice(4, 8)].map((event, index) => ({ ...event, seq: index + 1 }));
    expect(await importLines(mixed.map((event) => JSON.stringify(event)))).toMatchObject({ added: 11, rejected: 0, renumbered: 0 });
    expect(facts(await all(store))).toEqual(withoutSeq(mixed));
  });

  it('splits a very long document into several commands and keeps its numbers', async () => {
    const [header = '', first = ''] = sample;
    const lines = Array.from({ length: 4_500 }, (_, index) =>
      edited(first, (event) => {
        event.seq = index + 2;
        event.data['line'] = index + 1;
      }),
    );
    expect(await importLines([header, ...lines])).toMatchObject({ added: 4_501, rejected: 0, renumbered: 0 });
    const events = await all(store);
    expect(new Set(events.map(({ metadata }) => metadata.commandId)).size).toBe(3);
    expect(facts(events)).toEqual(withoutSeq(parsed([header, ...lines])));
    expect(await importLines([header, ...lines])).toMatchObject({ added: 0, alreadyThere: 4_501 });
  });

  it('reports its progress', async () => {
    const calls: [number, number, number][] = [];
    const { bytes } = await importLines(sample, { onProgress: (...call) => void calls.push(call) });
    expect(calls.length).toBeGreaterThan(1);
    expect(calls.at(-1)).toEqual([bytes, bytes, 2_000]);
  });

  it('fails when the store fails, keeps a beginning of the file, and goes on later', async () => {
    const appendAll = store.appendAll.bind(store);
    let appends = 0;
    store.appendAll = (...call) => (++appends === 20 ? Promise.reject(new Error('disk full')) : appendAll(...call));
    await expect(importLines(sample)).rejects.toThrow('disk full');
    store.appendAll = appendAll;
    expect(await importLines(sample)).toMatchObject({ isComplete: true, rejected: 0 });
    expect(await store.head()).toBe(2_000n);
  });

  it.each([
    { name: 'a document of many lines', lines: large(1).concat(large(2).slice(91)) },
    { name: 'many documents', lines: interleaved(600) },
  ])('imports every readable whole line of $name from a cut off gzip file', async ({ lines }) => {
    const file = join(dir, 'cut.gz');
    const packed = gzipSync(lines.join('\n'), { level: 1 });
    const cut = packed.subarray(0, packed.length >> 1);
    await writeFile(file, cut);
    const whole = gunzipSync(cut, { finishFlush: constants.Z_SYNC_FLUSH }).toString().split('\n').length - 1;
    await expect(importLedger({ file, commandBus: context.get(CommandBus), events: store, rejectsFile: rejectsFile() })).rejects.toMatchObject({
      code: 'IMPORT_FILE_UNREADABLE',
      message: expect.stringContaining('What was read is imported') as string,
    });
    expect(whole).toBeGreaterThan(10);
    expect(facts(await all(store))).toEqual(withoutSeq(parsed(lines.slice(0, whole))));
    expect(await importLines(lines)).toMatchObject({ alreadyThere: whole, added: lines.length - whole, renumbered: 0 });
  });

  it('refuses files that cannot be read or written', async () => {
    const commandBus = context.get(CommandBus);
    await expect(importLedger({ file: join(dir, 'none'), commandBus, events: store, rejectsFile: rejectsFile() })).rejects.toMatchObject({
      code: 'IMPORT_FILE_UNREADABLE',
    });
    await expect(importLedger({ file: dir, commandBus, events: store, rejectsFile: rejectsFile() })).rejects.toMatchObject({
      code: 'IMPORT_FILE_UNREADABLE',
      message: expect.stringContaining('Nothing was imported') as string,
    });
    await expect(importLedger({ file: join(dir, 'a'), commandBus, events: store, rejectsFile: join(dir, 'a') })).rejects.toMatchObject({
      code: 'EVENT_STORE_INVALID_INPUT',
    });
    const cut = join(dir, 'cut.gz');
    await writeFile(cut, gzipSync(sample.join('\n')).subarray(0, 20_000));
    await expect(importLedger({ file: cut, commandBus, events: store, rejectsFile: rejectsFile() })).rejects.toMatchObject({
      code: 'IMPORT_FILE_UNREADABLE',
      message: expect.stringContaining('What was read is imported') as string,
    });
    await expect(importLines(['broken'], { rejectsFile: join(dir, 'none', 'rejects') })).rejects.toMatchObject({ code: 'IMPORT_REJECTS_UNWRITABLE' });
  });
});
