// The first start: what it remembers, and what it shows.
import 'reflect-metadata';
import { eventId, InMemoryEventStore, streamOf, systemRuntime, type Incarnation, type Position } from '@mainstem/event-store';
import type { ProjectionStatus } from '@mainstem/projection';
import type { ModuleRef } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FirstImport, type ImportStatus } from './first-import.js';
import { fileHash, readMarker, writeMarker, type ImportMarker } from './import-marker.js';
import { ProgressDisplay } from './progress-display.js';
import { duration, progressLine } from './progress-line.js';

const importing: ImportStatus = { state: 'importing', bytesRead: 3_000_000, bytesTotal: 12_000_000, events: 20_000, elapsedMs: 10_000 };
const live: ProjectionStatus = {
  projection: 'products',
  store: 'sql',
  generation: 1,
  state: 'live',
  parkedKeys: 0,
  parkedEvents: 0,
  eventsApplied: 0,
  eventsPerSecond: 0,
  lagEvents: 0n,
  isHealthy: true,
};

describe('the marker of a complete import', () => {
  let dir: string;
  const marker: ImportMarker = {
    incarnation: '0b0c2f6e-6b47-4a3e-9f0e-2c6f8d1f0a11' as Incarnation,
    sha256: 'abc',
    importedAt: '2026-01-01T00:00:00.000Z',
  };
  beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'mainstem-marker-'))));
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('is read back as it was written, and leaves no other file', async () => {
    await writeMarker(dir, marker);
    expect(await readMarker(dir)).toEqual(marker);
    expect(await readdir(dir)).toHaveLength(1);
  });

  it('is absent if none was written, or if it is damaged', async () => {
    expect(await readMarker(dir)).toBeUndefined();
    await writeMarker(dir, marker);
    const [file = ''] = await readdir(dir);
    await writeFile(join(dir, file), '{"incarnation":');
    expect(await readMarker(dir)).toBeUndefined();
  });

  it('identifies a file by its content', async () => {
    const file = join(dir, 'data');
    await writeFile(file, 'events');
    expect(await fileHash(file, new AbortController().signal)).toBe(createHash('sha256').update('events').digest('hex'));
  });
});

describe('the first import', () => {
  let dir: string;
  beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'mainstem-first-'))));
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('is complete only when every projection has its last event, even if all are live', async () => {
    const data = join(dir, 'data.ndjson');
    await writeFile(data, '');
    const store = new InMemoryEventStore();
    const { position } = await store.append(
      streamOf('counter', '1'),
      [
        {
          id: eventId('0b0c2f6e-6b47-4a3e-9f0e-2c6f8d1f0a11'),
          type: 'Counted',
          data: {},
          metadata: { commandId: 'c', correlationId: 'c', causationId: 'c' },
        },
      ],
      { expectedRevision: 'any' },
    );
    let projection: ProjectionStatus = { ...live, lagEvents: 0n };
    const bus = new CommandBus({} as ModuleRef);
    const firstImport = new FirstImport({ dir, data }, store, systemRuntime, bus, { status: () => [projection] });
    firstImport.onApplicationBootstrap();
    expect((await firstImport.ended()).state).toBe('done');
    expect(firstImport.reasons()).toEqual([`products is at position 0; the import ended at ${position}`]);
    projection = { ...live, position: position as Position };
    expect(firstImport.reasons()).toEqual([]);
    await store.close();
  });
});

describe('progress', () => {
  it('shows share, size, rate, remaining time and the progress of the read models', () => {
    const line = progressLine(importing, [{ ...live, lagEvents: 1_234n }]);
    expect(line).toBe('[######------------------] 25%  3.0 of 12.0 MB  20,000 events  2,000/s  ETA 0:30  read models 1,234 events behind');
  });

  it('says when everything is live', () => {
    expect(progressLine({ ...importing, state: 'done' }, [live])).toBe('Import done.  read models live');
  });

  it('does not claim an import that did not happen', () => {
    expect(progressLine({ ...importing, state: 'not needed' }, [live])).toBe('Nothing to import.  read models live');
    expect(progressLine({ ...importing, state: 'failed' }, [live])).toBe('Import not complete.  read models live');
  });

  it('shows trouble at once', () => {
    expect(progressLine(importing, [{ ...live, state: 'stopped', reason: 'X: broken', isHealthy: false }])).toContain(
      'products is stopped: X: broken',
    );
  });

  it('shows control characters as text', () => {
    const written: string[] = [];
    const output = new Writable({ write: (chunk, _, done) => (written.push(String(chunk)), done()) });
    const display = new ProgressDisplay(output, () => 'waits for \u001b[2Jx\r\n');
    display.end();
    expect(written).toEqual(['waits for \\u001b[2Jx\\r\\n\n']);
  });

  it('says what an import without progress waits for', () => {
    const line = progressLine({ ...importing, waitsFor: 'a command on stream order-1 has waited for its append for 12 s' }, [live]);
    expect(line).toContain('No progress at 20,000 events: a command on stream order-1 has waited for its append for 12 s');
  });

  it('gives no estimate before the first byte', () => {
    expect(progressLine({ ...importing, bytesRead: 0, bytesTotal: 0, events: 0, elapsedMs: 0 }, [])).toContain(
      '0%  0.0 of 0.0 MB  0 events  0/s  ETA ?',
    );
  });

  it('shows durations in minutes and seconds', () => {
    expect([0, 59.6, 65, 3_600].map(duration)).toEqual(['0:00', '1:00', '1:05', '60:00']);
  });

  it('repeats no line if lines stay', () => {
    let text = '';
    const output = new Writable({ write: (chunk: Buffer, _, done) => ((text += chunk.toString()), done()) });
    const display = new ProgressDisplay(output, () => 'the same');
    display.start();
    display.end();
    display.end();
    expect(text).toBe('the same\n');
  });
});
