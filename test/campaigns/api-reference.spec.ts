// The reference of the exported names: made as the command makes it, with a page for each door of each library.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { build } from '../acceptance/online-retail/application-process.js';
import { ROOT, run } from '../acceptance/packages/project.js';
import { LIBRARY_DOORS } from '../architecture/library-doors.js';

const folder = mkdtempSync(join(tmpdir(), 'mainstem-api-reference-'));
beforeAll(async () => {
  await build();
  await run(`npm run api-reference -- --out ${folder}`, ROOT);
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(Object.entries(LIBRARY_DOORS))('shows the names of %s', (door, names) => {
  const [library = '', room = ''] = door.split('/');
  const page = join(folder, 'modules', `_mainstem_${library}.${room}.html`);
  const only = join(folder, 'modules', `_mainstem_${library}.html`);
  const text = readFileSync(existsSync(page) ? page : only, 'utf8');
  const shown = names.trim().split(/\s+/);
  expect(shown.filter((name) => !text.includes(`>${name}<`) && !text.includes(`${name}.html`))).toEqual([]);
});
