// The linter sees types: what needs them is really found.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'mainstem-lint-'));
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { target: 'es2023', strict: true }, include: ['*.ts'] }));
  await writeFile(path.join(folder, 'floating.ts'), 'const later = async (): Promise<void> => {};\nlater();\nexport {};\n');
  await writeFile(path.join(folder, 'awaited.ts'), 'const later = async (): Promise<void> => {};\nawait later();\nexport {};\n');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the linter', () => {
  it('refuses a promise that is not awaited', async () => {
    const { code, output } = await lint('floating.ts');
    expect(output).toContain('no-floating-promises');
    expect(code).not.toBe(0);
  });

  it('accepts one that is awaited', async () => {
    const { code, output } = await lint('awaited.ts');
    expect(output).not.toContain('no-floating-promises');
    expect(code).toBe(0);
  });
});

const lint = (file: string): Promise<{ code: number; output: string }> =>
  new Promise((resolve) => {
    const args = [path.join(root, 'node_modules/oxlint/bin/oxlint'), '--type-aware', '--config', path.join(root, '.oxlintrc.json'), file];
    execFile(
      process.execPath,
      args,
      { cwd: folder, env: { ...process.env, PATH: `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env['PATH']}` } },
      (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, output: stdout + stderr }),
    );
  });
