// mainstem completion: a script for the shell, generated from the declarations of the commands.
import type { Command } from 'commander';
import { unknownValue } from './errors.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** A command or group by the words that lead to it, with the words that may follow. */
interface Place {
  /** Empty for the program itself. */
  readonly path: string;
  readonly commands: readonly Word[];
  readonly options: readonly Word[];
}

interface Word {
  readonly text: string;
  readonly description: string;
}

/** Completes commands and options; other words are files. Errors: CLI_INVALID_ARGUMENT for another shell. */
export const completionScript = (shell: string, mainstem: Command): string => {
  const places = placesOf(mainstem, '');
  switch (shell) {
    case 'bash':
      return bash(places);
    case 'zsh':
      return zsh(places);
    case 'fish':
      return fish(places);
    default:
      throw unknownValue('<shell>', shell, SHELLS);
  }
};

const placesOf = (command: Command, path: string): readonly Place[] => {
  const options = command.createHelp().visibleOptions(command);
  const commands = command.commands.map((one) => ({ text: one.name(), description: one.description() }));
  const words = options.flatMap(({ long, description }) => (long ? [{ text: long, description }] : []));
  const below = command.commands.flatMap((one) => placesOf(one, path === '' ? one.name() : `${path} ${one.name()}`));
  return [{ path, commands, options: words }, ...below];
};

const pathsIn = (places: readonly Place[]): string =>
  places
    .filter(({ path }) => path !== '')
    .map(({ path }) => `"${path}"`)
    .join('|');

const wordsOf = ({ commands, options }: Place): string => [...commands, ...options].map(({ text }) => text).join(' ');

const bash = (places: readonly Place[]): string =>
  [
    '# Completion of mainstem for bash: source <(mainstem completion bash)',
    '_mainstem() {',
    '  local place="" word words=""',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "${place:+$place }$word" in',
    `      ${pathsIn(places)}) place="\${place:+$place }$word" ;;`,
    '    esac',
    '  done',
    '  case "$place" in',
    ...places.map((place) => `    "${place.path}") words="${wordsOf(place)}" ;;`),
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _mainstem mainstem',
  ].join('\n');

const zsh = (places: readonly Place[]): string =>
  [
    '#compdef mainstem',
    '# Completion of mainstem for zsh: source <(mainstem completion zsh)',
    '_mainstem() {',
    '  local place="" word',
    '  for word in "${(@)words[2,CURRENT-1]}"; do',
    '    case "${place:+$place }$word" in',
    `      (${pathsIn(places)}) place="\${place:+$place }$word" ;;`,
    '    esac',
    '  done',
    '  case "$place" in',
    ...places.map((place) => `    ("${place.path}") compadd -- ${wordsOf(place)} ;;`),
    '  esac',
    '  _files',
    '}',
    // Autoloaded, this file is the function, at the first Tab.
    'if [ "$funcstack[1]" = _mainstem ]; then _mainstem "$@"; else compdef _mainstem mainstem; fi',
  ].join('\n');

const fish = (places: readonly Place[]): string =>
  [
    '# Completion of mainstem for fish: mainstem completion fish | source',
    'function __mainstem_at',
    '  set -l place',
    '  for word in (commandline -opc)[2..-1]',
    '    switch (string join " " $place $word)',
    `      case ${pathsIn(places).replaceAll('|', ' ')}`,
    '        set place $place $word',
    '    end',
    '  end',
    '  test "$place" = "$argv[1]"',
    'end',
    ...places.flatMap(({ path, commands, options }) => [
      ...commands.map((word) => `complete -c mainstem -n '__mainstem_at "${path}"' -a ${word.text} -d ${quoted(word.description)}`),
      ...options.map((word) => `complete -c mainstem -n '__mainstem_at "${path}"' -l ${word.text.slice(2)} -d ${quoted(word.description)}`),
    ]),
  ].join('\n');

/** One word in single quotes. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

export const addCompletion = (mainstem: Command, print: (text: string) => Promise<void>): void => {
  mainstem
    .command('completion')
    .description('print a script that lets the shell complete commands and options: bash, zsh or fish')
    .argument('<shell>')
    .action((shell: string) => print(completionScript(shell, mainstem)))
    .addHelpText(
      'after',
      '\nExamples:\n  mainstem completion bash > ~/.local/share/bash-completion/completions/mainstem\n  mainstem completion zsh > ~/.zfunc/_mainstem\n  mainstem completion fish > ~/.config/fish/completions/mainstem.fish',
    );
};
