// The documents list the settings as the rows have them: the tables between the marks are made from the rows.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { allInOneSettings } from '#apps/all-in-one/src/all-in-one-settings.js';
import { eventStoreProcessSettings } from '#apps/event-store/src/event-store-settings.js';
import { settingsTable } from '@mainstem/event-store/settings';
import { describe, expect, it } from 'vitest';

const docs = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../docs');

/** By the name in the mark `<!-- settings of … -->`; the table ends at `<!-- end of settings -->`. */
const TABLES: Readonly<Record<string, string>> = {
  applications: settingsTable(allInOneSettings()),
  'the event store server': settingsTable(eventStoreProcessSettings),
};
const MARKED = /(<!-- settings of ([a-z ]+) -->\n)([^]*?)(\n<!-- end of settings -->)/g;

const files = readdirSync(docs, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md'))
  .map((file) => path.join(docs, file));

const marked = () =>
  files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(MARKED)].map(([, , name = '', table]) => ({ name, table, file })));

/** `SETTINGS_TABLES=write` makes them anew in place of comparing. */
if (process.env['SETTINGS_TABLES'] === 'write') {
  for (const file of new Set(marked().map(({ file }) => file))) {
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text.replaceAll(MARKED, (whole, begin: string, name: string, _table: string, end: string) => `${begin}${TABLES[name] ?? whole}${end}`),
    );
  }
}

describe('the documents', () => {
  it('have one table of the settings of applications, and one of those of the event store server', () => {
    expect(
      marked()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(Object.keys(TABLES).toSorted());
  });

  it('list the settings as the rows have them', () => {
    for (const { name, table } of marked()) {
      expect(table, 'to write it anew: SETTINGS_TABLES=write npx vitest run --project architecture test/architecture/settings.spec.ts').toBe(
        TABLES[name],
      );
    }
  });
});
