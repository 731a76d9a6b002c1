// A test executes every command on a page, except those that run the tests. Settings and inline commands exist.
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSettings } from '@mainstem/event-store/settings';
import { describe, expect, it } from 'vitest';
import { application } from '#apps/mainstem.application.js';
import { readOptions } from '../benchmark/options.js';
import { program } from '../../libs/cli/src/program.js';
import {
  EXECUTED,
  EXECUTED_ELSEWHERE,
  inlineCommands,
  isAssignment,
  PAGES_WITH_A_SPEC,
  RUNNERS,
  shownCommands,
  unmarkedCommands,
  type ShownCommand,
} from './document-commands.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const scripts = (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { readonly scripts: Readonly<Record<string, string>> }).scripts;
const measurements = globSync('test/benchmark/**/*.ts', { cwd: root })
  .map((file) => readFileSync(path.join(root, file), 'utf8'))
  .join('\n');
const shown = shownCommands();

/** The script of package.json that `npm start`, `npm test` or `npm run <name>` runs; undefined for anything else. */
const scriptOf = (text: string): string | undefined => /^npm (?:run )?([\w:-]+)/.exec(text)?.[1];

/** Why the parser of the command line does not take it, or undefined. */
const refusalOf = async (text: string): Promise<string | undefined> => {
  const terminal = { isInteractive: false, print: () => Promise.resolve(), say: () => undefined, errorStream: process.stderr };
  const mainstem = program({ terminal, signal: new AbortController().signal, folder: root, env: {}, now: Date.now }, { code: 0 });
  const all = (command: typeof mainstem): readonly (typeof mainstem)[] => [command, ...command.commands.flatMap(all)];
  for (const command of all(mainstem)) {
    command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
    if (command.commands.length === 0) command.action(() => undefined);
  }
  const words = text.replace(/^npx /, '').split(/ +/).slice(1);
  // A name alone tells of a command without its arguments.
  const isNameAlone = words.every((word) => /^[a-z]+$/.test(word)) && all(mainstem).some((command) => command.name() === words.at(-1));
  if (isNameAlone) return undefined;
  try {
    await mainstem.parseAsync(words, { from: 'user' });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const place = ({ page, line, text }: ShownCommand): string => `${page}:${line} ${text}`;

describe('commands in documents', () => {
  it('stand in blocks that are marked as commands', () => {
    expect(unmarkedCommands()).toEqual([]);
  });

  it('are each executed by a test, unless they run the tests', () => {
    const known = new Set([...EXECUTED, ...Object.keys(EXECUTED_ELSEWHERE), ...RUNNERS]);
    expect(shown.length).toBeGreaterThan(30);
    expect(shown.filter(({ text }) => !known.has(text) && !isAssignment(text)).map(place)).toEqual([]);
    const texts = new Set(shown.map(({ text }) => text));
    expect([...known].filter((text) => !texts.has(text))).toEqual([]);
  });

  it('have a spec where another one executes them', () => {
    for (const spec of [...Object.values(EXECUTED_ELSEWHERE), ...Object.values(PAGES_WITH_A_SPEC)])
      expect(existsSync(path.join(root, spec)), spec).toBe(true);
  });

  it('name scripts that there are', () => {
    const named = [...shown, ...inlineCommands()].filter(({ text }) => text.startsWith('npm ') && !/^npm (?:ci|install|pack)\b/.test(text));
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ text }) => !((scriptOf(text) ?? '') in scripts)).map(place)).toEqual([]);
  });

  it('measure what there is to measure', () => {
    for (const text of RUNNERS.filter((command) => command.startsWith('npm run bench'))) {
      const { only } = readOptions(text.split(' ').slice(4), {});
      for (const name of only) expect(measurements, name).toContain(name);
    }
  });

  it('set variables to values that are taken', () => {
    const assignments = shown.filter(({ text }) => isAssignment(text));
    expect(assignments.length).toBeGreaterThan(3);
    for (const { text } of assignments) {
      const [, name = '', value = ''] = /^([A-Z_]+)='(.*)'$/.exec(text) ?? [];
      expect(() => readSettings(application.settings ?? {}, [], { [name]: value }), text).not.toThrow();
    }
  });

  it('are ones that the command line takes, also within a sentence', async () => {
    const own = [...shown, ...inlineCommands()].filter(({ text }) => /^(?:npx )?mainstem /.test(text));
    expect(own.length).toBeGreaterThan(40);
    const refused: string[] = [];
    for (const command of own) {
      const refusal = await refusalOf(command.text);
      if (refusal !== undefined) refused.push(`${place(command)}: ${refusal}`);
    }
    expect(refused).toEqual([]);
  });

  it('would be refused if there were no such command or option', async () => {
    expect(await refusalOf('mainstem rebuidl --all')).toContain('unknown command');
    expect(await refusalOf('mainstem verify --everything')).toContain('unknown option');
  });
});
