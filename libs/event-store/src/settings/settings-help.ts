// What `--help` answers, from the rows of a process.
import { settingsIn, type Setting, type SettingRows } from './setting.js';

/** Of a terminal. */
const WIDTH = 130;
const HELP_WIDTH_MIN = 40;
const GAP = '  ';

/** What a program answers to `--help`: a line about it, then its settings. */
export const settingsHelp = (about: string, rows: SettingRows): string =>
  `${about}\n\nSettings (flag, environment variable, default):\n${settingsLines(rows).join('\n')}`;

/** The lines of each setting: flag, variable, default, and what it is for. A flag that means no value follows. */
export const settingsLines = (rows: SettingRows): readonly string[] => {
  const cells = settingsIn(rows).flatMap(cellsOf);
  const widths = ([0, 1, 2] as const).map((column) => Math.max(...cells.map((cell) => cell[column].length)));
  const indent = widths.reduce((sum, width) => sum + width + GAP.length, GAP.length);
  return cells.flatMap(([flag, variable, fallback, help]) => {
    const [first = '', ...others] = wrapped(help, Math.max(WIDTH - indent, HELP_WIDTH_MIN));
    const columns = [flag, variable, fallback].map((text, column) => text.padEnd(widths[column] ?? 0));
    return [`${GAP}${[...columns, first].join(GAP)}`.trimEnd(), ...others.map((line) => `${' '.repeat(indent)}${line}`)];
  });
};

type Cells = readonly [flag: string, variable: string, fallback: string, help: string];

const cellsOf = (setting: Setting<unknown>): readonly Cells[] => {
  const { flag = '', takes, none, environment = '', default: given, defaultInWords = given, help } = setting;
  const names = takes === undefined ? flag : `${flag} ${takes}`;
  const without: readonly Cells[] = none === undefined ? [] : [[none.flag, '', '', plain(none.help)]];
  return [[names, environment, defaultInWords, plain(help)], ...without];
};

const plain = (text: string): string => text.replaceAll('`', '');

const wrapped = (text: string, width: number): readonly string[] =>
  text.split(' ').reduce<readonly string[]>((lines, word) => {
    const last = lines.at(-1);
    return last === undefined || last.length + 1 + word.length > width ? [...lines, word] : [...lines.slice(0, -1), `${last} ${word}`];
  }, []);
