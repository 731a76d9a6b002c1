// The scripts of mainstem completion name every command and option that is declared; bash runs its own.
import { execFileSync } from 'node:child_process';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { completionScript } from './completion.js';
import { program } from './program.js';

const mainstem = program(
  {
    terminal: { isInteractive: false, print: () => Promise.resolve(), say: () => undefined, errorStream: process.stderr },
    signal: new AbortController().signal,
    folder: '.',
    env: {},
    now: Date.now,
  },
  { code: 0 },
);

/** What bash offers where the cursor stands behind these words. */
const offered = (...words: readonly string[]): readonly string[] => {
  const typed = ['mainstem', ...words].map((word) => `'${word}'`).join(' ');
  const run = `${completionScript('bash', mainstem)}\nCOMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _mainstem; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', run], { encoding: 'utf8' }).trim().split('\n');
};

describe('mainstem completion', () => {
  it('offers commands, their commands and their options in bash', () => {
    expect(offered('st')).toEqual(['status', 'stream']);
    expect(offered('parked', '')).toEqual(expect.arrayContaining(['list', 'replay', '--help']));
    expect(offered('parked', 'replay', 'order-lines', '--k')).toEqual(['--key']);
    expect(offered('--dir', '/srv/shop', 'status', '--w')).toEqual(['--watch']);
    expect(offered('show', 'parked', '--l')).toEqual(['--limit']);
    expect(offered('nothing-like-it')).toEqual(['']);
  });

  it.each(['bash', 'zsh', 'fish'])('names every command and every long option in %s', (shell) => {
    const script = completionScript(shell, mainstem);
    const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)];
    for (const command of all(mainstem)) {
      expect(script).toContain(command === mainstem ? 'mainstem' : command.name());
      for (const { long } of command.options) expect(script).toContain(shell === 'fish' ? `-l ${long?.slice(2)} ` : long);
    }
  });

  it('completes at the first Tab in zsh, where the autoloaded file is the function itself', () => {
    const script = completionScript('zsh', mainstem);
    expect(script.startsWith('#compdef mainstem\n')).toBe(true);
    expect(script.split('\n').slice(-1)).toEqual(['if [ "$funcstack[1]" = _mainstem ]; then _mainstem "$@"; else compdef _mainstem mainstem; fi']);
  });

  it('refuses another shell', () => {
    expect(() => completionScript('tcsh', mainstem)).toThrow(expect.objectContaining({ code: 'CLI_INVALID_ARGUMENT' }));
  });
});
