// How the command line finds its application.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadApplication } from './load-application.js';

const APPLICATION = 'export const application = { name: "shop", aggregates: [], openEvents() {}, openReadModels() {} };';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'mainstem-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const project = async (application: unknown, module?: string): Promise<void> => {
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ type: 'module', mainstem: { application } }));
  if (module !== undefined) await writeFile(path.join(folder, 'application.js'), module);
};

describe('the application', () => {
  it('is the one that the nearest package.json names, from any folder below it', async () => {
    await project('./application.js', APPLICATION);
    const below = path.join(folder, 'a/b');
    await mkdir(below, { recursive: true });
    await writeFile(path.join(folder, 'a/package.json'), '{ "name": "without" }');
    expect((await loadApplication(below)).name).toBe('shop');
  });

  it('is reported as missing, with a message that says how to name one', async () => {
    await expect(loadApplication(folder)).rejects.toMatchObject({ code: 'CLI_NO_APPLICATION', message: expect.stringContaining('package.json') });
  });

  it('is refused if two of its aggregates could write one stream', async () => {
    await project('./application.js', APPLICATION.replace('[]', '[{ category: "order" }, { category: "order-line" }]'));
    await expect(loadApplication(folder)).rejects.toMatchObject({ code: 'EVENT_STORE_AMBIGUOUS_CATEGORY' });
  });

  it('is refused if it is not built', async () => {
    await project('./application.js');
    await expect(loadApplication(folder)).rejects.toMatchObject({
      code: 'CLI_UNUSABLE_APPLICATION',
      message: expect.stringContaining('npm run build'),
    });
  });

  it('is refused when its module fails or exports something else', async () => {
    await project('./application.js', 'throw new Error("no such service");');
    await expect(loadApplication(folder)).rejects.toMatchObject({
      code: 'CLI_UNUSABLE_APPLICATION',
      message: expect.stringContaining('no such service'),
    });
    await project('./other.js');
    await writeFile(path.join(folder, 'other.js'), 'export const application = 5;');
    await expect(loadApplication(folder)).rejects.toMatchObject({
      code: 'CLI_UNUSABLE_APPLICATION',
      message: expect.stringContaining('defineApplication'),
    });
  });

  it('is refused when package.json is broken', async () => {
    await writeFile(path.join(folder, 'package.json'), '{');
    await expect(loadApplication(folder)).rejects.toMatchObject({ code: 'CLI_UNUSABLE_APPLICATION' });
  });
});
