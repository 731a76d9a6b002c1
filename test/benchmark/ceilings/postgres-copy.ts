// COPY … FROM STDIN through the pg driver's own protocol hooks.
import type pg from 'pg';

/** What the driver hands to a submitted query object. */
interface WireConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

type Value = string | number | null;

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const SPECIAL = /[\\\t\n\r]/;

const textOf = (value: Value): string => {
  if (value === null) return '\\N';
  const text = String(value);
  return SPECIAL.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] as string) : text;
};

/** Appends rows, given in the order of the table's columns. */
export const copyInto = (client: pg.Client, table: string, rows: readonly (readonly Value[])[]): Promise<void> =>
  new Promise((resolve, reject) => {
    let failure: Error | undefined;
    const submitted = {
      submit: (connection: WireConnection) => connection.query(`COPY ${table} FROM STDIN`),
      handleCopyInResponse: (connection: WireConnection) => {
        connection.sendCopyFromChunk(Buffer.from(rows.map((row) => row.map(textOf).join('\t') + '\n').join('')));
        connection.endCopyFrom();
      },
      handleCommandComplete: () => undefined,
      handleError: (error: Error) => {
        failure = error;
        reject(error);
      },
      handleReadyForQuery: () => {
        if (!failure) resolve();
      },
    };
    client.query(submitted as unknown as pg.Submittable);
  });
