// The scripts behind npm start run the application in their place, and leave no process behind.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const scripts = pathToFileURL(path.join(root, 'scripts')).href;

// Prints its process id and each signal, and ends with code 3 on SIGTERM or SIGINT.
const APPLICATION = `
const args = process.argv.slice(2);
if (args[0] === 'fail') process.exit(7);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { console.log(signal); setTimeout(() => process.exit(3), 300); });
setInterval(() => {}, 1000);
console.log('up ' + process.pid);
`;

let folder: string;
let application: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'mainstem-scripts-'));
  application = path.join(folder, 'application.mjs');
  await writeFile(application, APPLICATION);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The wrapper as npm start runs it, over a test application. */
const start = (...args: readonly string[]): ChildProcess => {
  const wrapper = `const { become } = await import('${scripts}/child.mjs'); process.exitCode = await become(${JSON.stringify(application)}, ${JSON.stringify(args)});`;
  return spawn(process.execPath, ['--input-type=module', '--eval', wrapper], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
};

const linesOf = (child: ChildProcess): string[] => {
  const lines: string[] = [];
  child.stdout?.on('data', (chunk) => lines.push(...String(chunk).trim().split('\n')));
  return lines;
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('the start script', () => {
  it("ends with the application's exit code", async () => {
    const [code] = (await once(start('fail'), 'exit')) as [number];
    expect(code).toBe(7);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('passes %s on once, however often one press delivers it, and waits for the end', async (signal) => {
    const wrapper = start();
    const lines = linesOf(wrapper);
    await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(1);
    wrapper.kill(signal);
    wrapper.kill(signal);
    const [code] = (await once(wrapper, 'close')) as [number];
    expect(lines.slice(1)).toEqual([signal]);
    expect(code).toBe(3);
  });

  it('leaves no application behind when it is killed itself', async () => {
    const wrapper = start();
    const lines = linesOf(wrapper);
    await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(1);
    const pid = Number(lines[0]?.replace('up ', ''));
    expect(isAlive(pid)).toBe(true);
    wrapper.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  it('compares versions by number, not by text', async () => {
    const check = `const { isAtLeast } = await import('${scripts}/install.mjs'); console.log(JSON.stringify([['v22.13.0','22.13.0'],['22.9.1','22.13.0'],['24.0.0','22.13.0'],['3.51.10','3.51.3'],['none','3.51.3']].map(([a, b]) => isAtLeast(a, b))));`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', check], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = linesOf(child);
    await once(child, 'close');
    expect(lines).toEqual(['[true,false,true,true,false]']);
  });
});
