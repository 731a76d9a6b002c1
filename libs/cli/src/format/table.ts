// Plain tables for the terminal.
import { printable } from '@mainstem/event-store';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly align?: 'left' | 'right';
}

/** Lines of a table: titles, a rule, and one line a row; columns fit their widest value, two spaces apart. */
export const table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly string[] => {
  const cells = rows.map((row) => columns.map(({ value }) => printable(value(row))));
  const widths = columns.map(({ title }, index) => Math.max(width(title), ...cells.map((row) => width(row[index] ?? ''))));
  const line = (values: readonly string[]): string =>
    values
      .map((value, index) => pad(value, widths[index] ?? 0, columns[index]?.align ?? 'left'))
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title)), line(widths.map((length) => '─'.repeat(length))), ...cells.map(line)];
};

const width = (text: string): number => [...text].length;

const pad = (text: string, length: number, align: 'left' | 'right'): string => {
  const space = ' '.repeat(Math.max(0, length - width(text)));
  return align === 'left' ? text + space : space + text;
};
