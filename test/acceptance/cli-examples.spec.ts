// The examples in `mainstem --help` and the help of its commands: commands, options, projections, files and aggregates
// exist.
import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { projectionNames } from '#apps/read-models/src/projection-names.js';
import { ledgerAggregates } from '#src/ledger/ledger.aggregates.js';
import { describe, expect, it } from 'vitest';
import { program } from '../../libs/cli/src/program.js';

const ROOT = new URL('../../', import.meta.url);
const PROJECTIONS = ['rebuild', 'rollback', 'pause', 'resume', 'cleanup', 'verify', 'show', 'parked list', 'parked replay'];

interface Called {
  readonly command: string;
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** The real parser, whose commands only record their call. */
const parser = () => {
  const terminal = { isInteractive: false, print: () => Promise.resolve(), say: () => undefined, errorStream: process.stderr };
  const surroundings = { terminal, signal: new AbortController().signal, folder: fileURLToPath(ROOT), env: {}, now: Date.now };
  const mainstem = program(surroundings, { code: 0 });
  const called: Called[] = [];
  let help = '';
  const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)];
  for (const command of all(mainstem)) {
    command.configureOutput({ writeOut: (text) => (help += text), writeErr: (text) => (help += text) });
    if (command.commands.length > 0) continue;
    command.action(() => void called.push({ command: nameOf(command), operands: command.args, options: command.opts() }));
  }
  const examples = (): readonly string[] => {
    for (const command of all(mainstem)) command.outputHelp();
    return help.split('\n').flatMap((line) => /^ {2}(mainstem [^|>]*?)(?: {2,}.*| [|>].*)?$/.exec(line)?.[1] ?? []);
  };
  return { mainstem, called, examples };
};

/** With the command that it belongs to, if it does. */
const nameOf = (command: Command): string => (command.parent?.parent ? `${command.parent.name()} ${command.name()}` : command.name());

/** As a shell splits a line: what stands in double quotes is one word. */
const wordsOf = (line: string): readonly string[] => [...line.matchAll(/"([^"]*)"|[^ "]+/g)].map(([word, quoted]) => quoted ?? word);

const examples = parser().examples();

describe('the help of the mainstem command', () => {
  it('shows examples of every command', () => {
    const { mainstem } = parser();
    expect(examples.length).toBeGreaterThan(20);
    for (const { name } of mainstem.commands.map((command) => ({ name: command.name() })))
      expect(
        examples.some((line) => line.split(' ').includes(name)),
        name,
      ).toBe(true);
  });

  it.each(examples)('shows a command that works: %s', async (line) => {
    const { mainstem, called } = parser();
    await mainstem.parseAsync(wordsOf(line).slice(1), { from: 'user' });
    const [{ command, operands, options } = { command: '', operands: [], options: {} }] = called;
    expect(called).toHaveLength(1);
    if (PROJECTIONS.includes(command)) for (const name of operands) expect(projectionNames).toContain(name);
    if (command === 'import' && operands[0]?.includes('/')) await access(new URL(operands[0], ROOT));
    const categories = ledgerAggregates.map(({ events }) => events.category as string);
    if (command === 'stream') expect(categories).toContain(operands[0]?.split('-')[0]);
    const types = ledgerAggregates.flatMap(({ events }) => [...events.types]);
    for (const type of (options['type'] ?? []) as readonly string[]) expect(types).toContain(type);
    for (const category of (options['category'] ?? []) as readonly string[]) expect(categories).toContain(category);
  });
});
