// Long lists on the terminal: read and printed page by page, and cut off at a limit.
import type { Terminal } from '../terminal/terminal.js';
import { toJson } from '../format/json.js';
import { table, type Column } from '../format/table.js';

/** Rows of one table: its columns fit them. */
const ROWS = 500;

export interface Listed<Row> {
  readonly rows: AsyncIterable<Row>;
  readonly columns: readonly Column<Row>[];
  readonly limit: number;
  /** Said where there is no row. */
  readonly nothing: string;
  readonly isJson: boolean;
}

/** Prints at most `limit` rows, as tables or as one JSON object a line, and says if there are more. */
export const printList = async <Row>(terminal: Terminal, { rows, columns, limit, nothing, isJson }: Listed<Row>): Promise<void> => {
  let page: Row[] = [];
  let printed = 0;
  const flush = async (): Promise<void> => {
    for (const line of isJson ? page.map((row) => toJson(row)) : table(columns, page)) await terminal.print(line);
    page = [];
  };
  for await (const row of rows) {
    if (printed === limit) {
      await flush();
      terminal.say(`There is more: the first ${limit} are shown (--limit).`);
      return;
    }
    printed++;
    if (page.push(row) === ROWS) await flush();
  }
  if (page.length > 0) await flush();
  if (printed === 0 && !isJson) await terminal.print(nothing);
};
