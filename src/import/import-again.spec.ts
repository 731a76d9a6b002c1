// Importing a repaired file again: nothing twice and nothing missing, whichever lines were bad, after any interruption.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InMemoryEventStore, occurredAt, type EventReader, type StreamName } from '@mainstem/event-store';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AddOrderLines, OrderLine } from '../ledger/order/order.commands.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { importLedger, type ImportOptions } from './import-ledger.js';
import type { ImportReport } from './import-report.js';

interface Line {
  readonly seq: number;
  readonly stream: string;
  readonly type: string;
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const AT = '2011-01-04T10:00:00Z';
const factOf = ({ stream, type, at, data: { line: _, ...data } }: Omit<Line, 'seq'>): string =>
  JSON.stringify([stream, type, at, Object.entries(data).sort(([left], [right]) => (left < right ? -1 : 1))]);

let dir: string;
let store: InMemoryEventStore;
let context: INestApplicationContext;

const restart = async (): Promise<void> => {
  await context.close();
  context = await NestFactory.createApplicationContext(LedgerModule.forRoot({ eventStore: { store } }), { logger: false });
};
const renew = async (): Promise<void> => {
  await store.close();
  store = new InMemoryEventStore();
  await restart();
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-import-'));
  store = new InMemoryEventStore();
  context = await NestFactory.createApplicationContext(LedgerModule.forRoot({ eventStore: { store } }), { logger: false });
});
afterEach(async () => {
  await context.close();
  await store.close();
  await rm(dir, { recursive: true });
});

const importLines = async (lines: readonly (Line | string)[], options: Partial<ImportOptions> = {}): Promise<ImportReport> => {
  const file = join(dir, 'events.ndjson');
  await writeFile(file, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  const rejectsFile = join(dir, 'rejects.ndjson');
  return importLedger({ file, commandBus: context.get(CommandBus), events: store, rejectsFile, ...options });
};
const stored = async (): Promise<readonly string[]> => {
  const facts: string[] = [];
  for await (const batch of store.readAll()) {
    for (const event of batch)
      facts.push(factOf({ stream: event.stream, type: event.type, at: occurredAt(event), data: event.data as Record<string, unknown> }));
  }
  return facts.sort();
};
const expectExactly = async (lines: readonly Line[]): Promise<void> => expect(await stored()).toEqual(lines.map(factOf).sort());

/** Lines with rising numbers in the file, for documents that are built step by step. */
class MadeUpFile {
  readonly lines: Line[] = [];
  #seq = 0;

  placed(no: string): this {
    return this.#put(`order-${no}`, 'OrderPlaced', { orderNo: no, customerId: null, country: 'EIRE' });
  }
  line(no: string, line: number, sku = `S${line}`): this {
    return this.#put(`order-${no}`, 'OrderLineAdded', { line, sku, description: 'A THING', quantity: 1, unitPrice: '2.55' });
  }
  adjusted(no: string, line: number, sku = `S${line}`): this {
    return this.#put(`stock-adjustment-${no}`, 'StockAdjusted', { adjustmentNo: no, line, sku, quantityDelta: -1, note: null, country: 'EIRE' });
  }
  /** The file with one bad line in place of the good one. */
  broken(...indexes: number[]): (Line | string)[] {
    return this.lines.map((line, index) => (indexes.includes(index) ? '{broken' : line));
  }

  #put(stream: string, type: string, data: Line['data']): this {
    this.lines.push({ seq: ++this.#seq, stream, type, at: AT, data });
    return this;
  }
}

describe('importing a repaired file', () => {
  it('adds the first line of a document that has no header', async () => {
    const file = new MadeUpFile().adjusted('1', 1).adjusted('1', 2).adjusted('1', 3);
    expect(await importLines(file.broken(0))).toMatchObject({ added: 2, rejected: 1 });
    expect(await importLines(file.lines)).toMatchObject({ added: 1, alreadyThere: 2, rejected: 0 });
    await expectExactly(file.lines);
  });

  it('adds the first line after other documents came in between', async () => {
    const file = new MadeUpFile().placed('1').line('1', 1).placed('2').line('2', 1).line('1', 2).line('1', 3).line('1', 4);
    expect(await importLines(file.broken(4))).toMatchObject({ added: 6, rejected: 1 });
    expect(await importLines(file.lines)).toMatchObject({ added: 1, alreadyThere: 6, rejected: 0 });
    await expectExactly(file.lines);
  });

  it('adds the first line of a further command of one long document', async () => {
    const file = new MadeUpFile().placed('1');
    for (let line = 1; line <= 2_100; line++) file.line('1', line, 'S1');
    expect(await importLines(file.broken(2_000))).toMatchObject({ added: 2_100, rejected: 1 });
    expect(await importLines(file.lines)).toMatchObject({ added: 1, alreadyThere: 2_100, rejected: 0 });
    await expectExactly(file.lines);
  });

  it('adds nothing for lines that were good before and are bad now', async () => {
    const file = new MadeUpFile().adjusted('1', 1).adjusted('1', 2).placed('2').line('2', 1).adjusted('1', 3).adjusted('1', 4).line('2', 2);
    await importLines(file.lines);
    expect(await importLines(file.broken(0, 2, 4))).toMatchObject({ added: 0, alreadyThere: 4, rejected: 3 });
    await expectExactly(file.lines);
  });

  it('distinguishes equal lines', async () => {
    const file = new MadeUpFile()
      .adjusted('1', 1, 'S')
      .adjusted('1', 2, 'S')
      .adjusted('1', 3, 'S')
      .placed('2')
      .adjusted('1', 4, 'S')
      .adjusted('1', 5, 'S');
    expect(await importLines(file.broken(0, 4))).toMatchObject({ added: 4, rejected: 2 });
    expect(await importLines(file.lines)).toMatchObject({ added: 2, alreadyThere: 4, rejected: 0 });
    await expectExactly(file.lines);
  });

  it('ignores changes of lines that are already imported', async () => {
    const file = new MadeUpFile().adjusted('1', 1).adjusted('1', 2).placed('2').line('2', 1);
    await importLines(file.lines);
    const changed = file.lines.map((line) => ({ ...line, at: '2011-01-05T10:00:00Z' }));
    expect(await importLines(changed)).toMatchObject({ added: 0, alreadyThere: 4, rejected: 0 });
    await expectExactly(file.lines);
  });

  it('does not mistake an event from another source for a line of the file', async () => {
    const file = new MadeUpFile().placed('1').line('1', 1).placed('2').line('1', 2);
    await importLines(file.broken(3));
    const { line: _, ...asked } = file.lines[3]?.data ?? {};
    const command = Object.assign(new AddOrderLines(), { orderNo: '1', lines: [Object.assign(new OrderLine(), asked)] });
    await context.get(CommandBus).execute(command);
    expect(await importLines(file.lines)).toMatchObject({ added: 1, alreadyThere: 3 });
  });
});

describe('the reads of an import', () => {
  const asked = async (lines: readonly Line[]): Promise<readonly string[]> => {
    const streams: string[] = [];
    const events: Pick<EventReader, 'head' | 'readStream'> = {
      head: (signal) => store.head(signal),
      readStream: (stream: StreamName, options) => {
        streams.push(stream);
        return store.readStream(stream, options);
      },
    };
    await importLines(lines, { events });
    return streams;
  };
  const file = new MadeUpFile().placed('1').adjusted('2', 1).line('1', 1).adjusted('2', 2).adjusted('3', 1).line('1', 2);

  it('are none while the event store is empty', async () => expect(await asked(file.lines)).toEqual([]));

  it('are none for a new document with a header, and one for another new document', async () => {
    await importLines(new MadeUpFile().placed('9').lines);
    expect([...(await asked(file.lines))].sort()).toEqual(['stock-adjustment-2', 'stock-adjustment-3']);
  });

  it('are one for an existing document that comes in pieces', async () => {
    await importLines(file.lines);
    expect([...(await asked(file.lines))].sort()).toEqual(['order-1', 'stock-adjustment-2', 'stock-adjustment-3']);
    await expectExactly(file.lines);
  });
});

describe('importing again, at random', () => {
  const SEEDS = process.env['SEED'] === undefined ? [1, 2, 3, 4, 5, 6, 7, 8].map((n) => n + (Date.now() % 1e9) * 10) : [Number(process.env['SEED'])];

  it.each(SEEDS)('ends with the result of an import of the good file, seed %d', async (seed) => {
    const random = randomOf(seed);
    for (let round = 0; round < 6; round++) {
      await renew();
      const lines = randomFile(random, 20 + Math.floor(random() * 200));
      for (let step = 0; step < 4; step++) {
        await importLines(spoiled(lines, random), random() < 0.4 ? interruption(random) : {});
        if (random() < 0.3) await restart();
      }
      const good = await importLines(lines);
      expect(good).toMatchObject({ isComplete: true, rejected: 0, lines: lines.length });
      await expectExactly(lines);
      expect(await importLines(lines)).toMatchObject({ added: 0, alreadyThere: lines.length, renumbered: 0 });
    }
  });

  const interruption = (random: () => number): Partial<ImportOptions> => {
    const abort = new AbortController();
    const last = Math.floor(random() * 60);
    let commands = 0;
    const execute = (command: object): Promise<unknown> => {
      if (++commands >= last) setImmediate(() => abort.abort());
      return context.get(CommandBus).execute(command as never);
    };
    return { commandBus: { execute } as unknown as ImportOptions['commandBus'], signal: abort.signal };
  };
});

/** Mulberry32. */
const randomOf = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

/** Documents of three kinds, up to four at a time, with few different lines, and with holes in `seq`. */
const randomFile = (random: () => number, count: number): readonly Line[] => {
  const lines: Line[] = [];
  const open: { readonly category: string; readonly no: string; line: number }[] = [];
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  let seq = 0;
  for (let number = 1; lines.length < count;) {
    if (open.length === 0 || (open.length < 4 && random() < 0.15)) {
      const category = pick(['order', 'credit', 'stock-adjustment']);
      open.push({ category, no: `${category === 'credit' ? 'C' : ''}${number++}`, line: category === 'stock-adjustment' ? 1 : 0 });
    }
    const document = pick(open);
    for (let runLength = pick([1, 1, 2, 4]); runLength > 0; runLength--) {
      seq += pick([1, 1, 1, 2]);
      const at = `2011-01-04T10:0${Math.min(4, Math.floor(lines.length / 20))}:00Z`;
      lines.push({ seq, at, ...eventOf(document, pick(['S1', 'S2'])) });
    }
    if (random() < 0.1) open.splice(open.indexOf(document), 1);
  }
  return lines;
};

const eventOf = (document: { readonly category: string; readonly no: string; line: number }, sku: string): Omit<Line, 'seq' | 'at'> => {
  const { category, no } = document;
  const stream = `${category}-${no}`;
  const line = document.line++;
  if (category === 'stock-adjustment')
    return { stream, type: 'StockAdjusted', data: { adjustmentNo: no, line, sku, quantityDelta: -1, note: null, country: 'EIRE' } };
  const isOrder = category === 'order';
  if (line === 0)
    return {
      stream,
      type: isOrder ? 'OrderPlaced' : 'CreditNoteIssued',
      data: { [isOrder ? 'orderNo' : 'creditNo']: no, customerId: null, country: 'EIRE' },
    };
  const data = { line, sku, description: 'A THING', quantity: 1, unitPrice: '2.55' };
  return { stream, type: isOrder ? 'OrderLineAdded' : 'CreditLineAdded', data };
};

/** Makes some lines bad: no JSON, a field that the file's form refuses, or a value that the command refuses. */
const spoiled = (lines: readonly Line[], random: () => number): readonly (Line | string)[] => {
  const share = random() * 0.3;
  return lines.map((line) => {
    if (random() >= share) return line;
    const kind = Math.floor(random() * 3);
    if (kind === 0) return '{broken';
    return kind === 1 ? { ...line, at: 'noon' } : { ...line, data: { ...line.data, sku: '', country: '' } };
  });
};
