// kill -9 of the whole application at random moments of its import and of live traffic.
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import type { RecordedEvent } from '@mainstem/event-store';
import type { SeededRandom } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { AcknowledgementLedger } from './support/acknowledgements.js';
import { canonical } from './support/canonical.js';
import { eventsIn, flawsOfReadModels } from './support/shop-folder.js';
import { send, ShopCommands, traffic } from './support/shop-traffic.js';
import { chanceOf, inFolder, trials } from './support/trials.js';
import { WorkerProcess } from './support/worker-process.js';

const DATA = resolve(import.meta.dirname, '../../data/online-retail/events.ndjson.gz');
const LINES = 8_000;
const KILLS_PER_FOLDER = 5;
const CLIENTS = 6;
/** The latest moment of a kill: during the start, and while serving. */
const STARTING_MS = 1_500;
const SERVING_MS = 900;

const firstLines = async (): Promise<readonly string[]> => {
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(DATA).pipe(createGunzip()) })) {
    lines.push(line);
    if (lines.length === LINES) break;
  }
  return lines;
};

/** One line of the file, or its event. */
const imported = ({ stream, type, data }: Pick<RecordedEvent, 'stream' | 'type' | 'data'>): string => canonical([stream, type, data]);

class Shop {
  readonly ledger = new AcknowledgementLedger();
  #commands = 0;
  importAcknowledged = 0;

  constructor(
    readonly dir: string,
    private readonly data: string,
    private readonly random: SeededRandom,
  ) {}

  start(): WorkerProcess {
    const worker = new WorkerProcess('all-in-one.ts', { args: [this.dir, this.data] });
    // Each start counts anew, including what it found.
    worker.listen(({ kind, events }) => {
      if (kind === 'import') this.importAcknowledged = Math.max(this.importAcknowledged, Number(events));
    });
    return worker;
  }

  /** One life: it starts, it serves, and at some moment it is killed. */
  async liveAndDie(): Promise<void> {
    await using worker = this.start();
    if (this.random.next() < 0.15) {
      await delay(this.random.int(0, STARTING_MS));
      await worker.kill();
      return;
    }
    const { url } = await worker.until('listening');
    const ending = new AbortController();
    const commands = new ShopCommands(`K${this.#commands++}`, this.random.fork(`life ${this.#commands}`));
    const serving = traffic(String(url), commands, this.ledger, { clients: CLIENTS, signal: ending.signal });
    await delay(this.random.int(0, SERVING_MS));
    await worker.kill();
    ending.abort();
    await serving;
  }

  /** A last life, to its end: unanswered commands are sent again. */
  async settle(): Promise<void> {
    await using worker = this.start();
    const { url } = await worker.until('listening');
    await worker.until('import', ({ state }) => state === 'done' || state === 'not needed');
    for (const command of this.ledger.unanswered) await send(String(url), command, this.ledger);
    // Only a later report was made after the last append.
    await worker.fresh('projections');
    await worker.until('projections', ({ isLive }) => isLive === true);
    // An orderly end leaves every checkpoint at its projection's position.
    worker.send({ action: 'stop' });
    expect(await worker.ended()).toBe(0);
  }
}

describe('the all-in-one application, killed at random moments', () => {
  const random = chanceOf('kill-all-in-one');

  it.for(Array.from({ length: trials(4) }, (_, folder) => folder))(
    'has every acknowledged command exactly once, and read models that equal the fold (folder %i)',
    async (folder) => {
      await inFolder(async (dir) => {
        const lines = await firstLines();
        const data = join(dir, 'data.ndjson');
        await writeFile(data, lines.join('\n'));
        const expected = lines.map((line) => imported(JSON.parse(line) as RecordedEvent));
        const shop = new Shop(dir, data, random.fork(`folder ${folder}`));
        for (let kill = 0; kill <= KILLS_PER_FOLDER; kill++) {
          const isLast = kill === KILLS_PER_FOLDER;
          if (isLast) await shop.settle();
          else await shop.liveAndDie();
          const events = await eventsIn(dir).catch((error: unknown) => {
            // Killed before there was a store.
            if (shop.ledger.acknowledged + shop.importAcknowledged > 0) throw error;
            return [];
          });
          expect(shop.ledger.flawsOf(events), `after kill ${kill}`).toEqual([]);
          const found = events.filter(({ stream }) => !/^(order|credit)-C?K/.test(stream)).map(imported);
          expect(found.length).toBeGreaterThanOrEqual(isLast ? expected.length : shop.importAcknowledged);
          // A prefix of the file, in its order, each line once.
          expect(found.every((event, index) => event === expected[index])).toBe(true);
          expect(await flawsOfReadModels(dir, events, { isComplete: isLast }), `after kill ${kill}`).toEqual([]);
        }
        expect(shop.ledger.unanswered).toEqual([]);
        expect(shop.ledger.acknowledged).toBeGreaterThan(0);
      });
    },
  );
});
