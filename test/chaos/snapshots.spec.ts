// Two processes send the same commands to long streams with snapshots. They are killed at any moment, and the file of
// the snapshots is damaged or removed under them. Each command takes effect once, on the state of its place.
import { EmbeddedEventStore } from '@mainstem/embedded';
import { existsSync, statSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chanceOf, inFolder, trials } from './support/trials.js';
import { STREAMS, type PassedData } from './support/turnstile.js';
import { WorkerProcess, type Told } from './support/worker-process.js';

const KILLS = 16;
const PROCESSES = 2;
const ANSWERS_MAX = 120;

interface Answer {
  readonly number: number;
  readonly revision: number;
}

describe('snapshots of long streams', () => {
  it('change nothing while processes are killed and their file is damaged: each command takes effect once', async () => {
    const chance = chanceOf('snapshots');
    const answers: Answer[] = [];
    const outcomes = new Map<string, number>();
    const note = (told: Told): void => {
      if (told.kind === 'answered') answers.push({ number: Number(told['number']), revision: Number(told['revision']) });
      else outcomes.set(told.kind, (outcomes.get(told.kind) ?? 0) + 1);
    };
    await inFolder(async (dir) => {
      const file = join(dir, 'snapshots.db');
      const start = (): WorkerProcess => {
        // Not at the end of the other one: both send the same commands.
        const first = Math.max(0, answers.reduce((most, { number }) => Math.max(most, number), 0) - chance.int(0, 60));
        const worker = new WorkerProcess('snapshot-commands.ts', { args: [dir, String(first), String(chance.int(1, 1_000_000))] });
        worker.listen(note);
        return worker;
      };
      const damage = async (): Promise<void> => {
        if (!existsSync(file)) return;
        if (chance.int(0, 2) === 0) {
          for (const ending of ['', '-wal', '-shm']) await rm(`${file}${ending}`, { force: true });
          return;
        }
        const handle = await open(file, 'r+');
        const bytes = Buffer.alloc(chance.int(1, 3_000), chance.int(0, 255));
        await handle.write(bytes, 0, bytes.length, chance.int(0, Math.max(0, statSync(file).size - 1)));
        await handle.close();
      };
      const workers: WorkerProcess[] = [];
      try {
        for (let index = 0; index < PROCESSES; index++) workers.push(start());
        for (let kill = 0; kill < trials(KILLS); kill++) {
          const which = chance.int(0, PROCESSES - 1);
          for (let left = chance.int(1, ANSWERS_MAX); left > 0; left--) await workers[which]?.next('answered');
          await workers[which]?.kill();
          if (chance.int(0, 1) === 0) await damage();
          workers[which] = start();
        }
        for (const worker of workers) await worker.until('answered');
      } finally {
        await Promise.all(workers.map((worker) => worker.kill()));
      }
      await expectOnce(dir, answers);
    });
    expect(outcomes.get('taken') ?? 0).toBeGreaterThan(0);
    expect(outcomes.get('used') ?? 0).toBeGreaterThan(0);
    expect(answers.length).toBeGreaterThan(trials(KILLS));
  });
});

/** Every answer is the event's own place; every event tells the state of its place; no command has two events. */
const expectOnce = async (dir: string, answers: readonly Answer[]): Promise<void> => {
  const store = await EmbeddedEventStore.open({ dir });
  try {
    const revisions = new Map<number, number>();
    for await (const events of store.readAll()) {
      for (const { data, revision, stream } of events) {
        const { number, before } = data as PassedData;
        expect(revisions.has(number), `command ${number} has two events`).toBe(false);
        expect(stream).toBe(`turnstile-${number % STREAMS}`);
        expect(before, `the state before command ${number}`).toBe(Number(revision));
        revisions.set(number, Number(revision));
      }
    }
    for (const { number, revision } of answers) expect(revisions.get(number), `the answer to command ${number}`).toBe(revision);
  } finally {
    await store.close();
  }
};
