// The memory of states has a limit in bytes: many streams of a large state run in a heap that holds only some of them.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endOf } from '../fixtures/end-of.js';
import { SOURCE_ARGUMENTS } from '../fixtures/source-arguments.js';

const PROCESS = fileURLToPath(new URL('memory-of-states.process.ts', import.meta.url));
let dir: string;
beforeAll(async () => void (dir = await mkdtemp(path.join(os.tmpdir(), 'mainstem-states-'))));
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('700 streams of 900 kB', () => {
  it('are worked on in a heap of 256 MB', async () => {
    const given = ['--max-old-space-size=256', ...SOURCE_ARGUMENTS, PROCESS, dir, '700', '900000'];
    const child = spawn(process.execPath, given, { stdio: ['ignore', 'pipe', 'inherit'] });
    let answer = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (answer += piece));
    await endOf(child);
    expect({ exitCode: child.exitCode, answer: answer && (JSON.parse(answer) as unknown) }).toEqual({
      exitCode: 0,
      answer: { effects: 700, repeats: 0 },
    });
  });
});
