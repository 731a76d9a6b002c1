// The deployment of this repository as its manual renders it: valid, and in time with how applications stop.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { GRACE_S, LEAVE_S, STOP_S } from '../../libs/cli/src/deploy/stopping.js';
import { DRAIN_TIMEOUT_MS } from '../../libs/nest/src/process/draining.js';
import { CLOSE_TIMEOUT_MS } from '../../libs/nest/src/process/run-application.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const MAINSTEM = path.join(root, 'libs/cli/bin/mainstem.mjs');

let out: string;
beforeAll(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'mainstem-deploy-'));
});
afterAll(() => rm(out, { recursive: true, force: true }));

/** The manual's command, into a folder of the test. */
const mainstem = (...args: readonly string[]) => {
  const { status, stderr } = spawnSync(process.execPath, [MAINSTEM, ...args, '--out', out], { cwd: root, encoding: 'utf8' });
  return { status, stderr };
};

describe('mainstem deploy render in this repository', () => {
  it('writes manifests for Kubernetes, and then finds nothing to change', async () => {
    expect(mainstem('deploy', 'render', '--target', 'kubernetes', '--diff').status).toBe(1);
    expect(mainstem('deploy', 'render', '--target', 'kubernetes')).toEqual({ status: 0, stderr: '' });
    expect(mainstem('deploy', 'render', '--target', 'kubernetes', '--diff')).toEqual({ status: 0, stderr: '' });
    const files = await readdir(out);
    expect(files).toEqual(['cache-projector.yaml', 'mainstem.yaml', 'query-api.yaml', 'search-projector.yaml', 'sql-projector.yaml']);
    for (const file of files) {
      const [, entry = ''] = /args:\n +- dist\/(\S+)\.js/.exec(await readFile(path.join(out, file), 'utf8')) ?? [];
      expect(existsSync(path.join(root, `${entry}.ts`)), `${file}: ${entry}`).toBe(true);
    }
  });

  it("writes a compose file that is valid by the Compose Specification's schema", async () => {
    expect(mainstem('deploy', 'render', '--target', 'compose').status).toBe(0);
    const text = await readFile(path.join(root, 'test/architecture/compose-spec.json'), 'utf8');
    const { $schema: _draft, ...schema } = JSON.parse(text) as Record<string, unknown>;
    const isValid = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    isValid(parse(await readFile(path.join(out, 'compose.yaml'), 'utf8'), { version: '1.1' }));
    expect(isValid.errors ?? []).toEqual([]);
  });

  it('lets an application drain and close before its platform ends it', () => {
    expect(STOP_S * 1000).toBeGreaterThan(DRAIN_TIMEOUT_MS + CLOSE_TIMEOUT_MS);
    expect(GRACE_S).toBeGreaterThan(LEAVE_S + STOP_S);
  });
});
