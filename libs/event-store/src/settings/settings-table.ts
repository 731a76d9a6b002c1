// The settings of a process as a table for its documents, in Markdown.
import { settingsIn, type Setting, type SettingRows } from './setting.js';

/** A row for each setting (its names, its default, what it is for), and one for each flag that means no value. */
export const settingsTable = (rows: SettingRows): string =>
  ['| setting | default | what it is for |', '| --- | --- | --- |', ...settingsIn(rows).flatMap(linesOf)].join('\n');

const linesOf = ({ flag, takes, none, environment, default: given, defaultInWords, help }: Setting<unknown>): readonly string[] => {
  const names = [flag !== undefined && takes !== undefined ? `${flag} ${takes}` : flag, environment].flatMap((name) => name ?? []);
  const fallback = defaultInWords ?? (given === '' ? '' : code(given));
  return [line(names.map(code).join(', '), fallback, help), ...(none === undefined ? [] : [line(code(none.flag), '', none.help)])];
};

const line = (...cells: readonly string[]): string => `| ${cells.map(inCell).join(' | ')} |`;
const code = (text: string): string => `\`${text}\``;
const inCell = (text: string): string => text.replaceAll('|', '\\|');
