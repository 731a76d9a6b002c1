// node:sqlite in the form of better-sqlite3, as far as TypeORM's driver of that name uses it: no native module to
// build.
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

export interface NodeSqliteOptions {
  readonly readonly?: boolean;
  readonly fileMustExist?: boolean;
  /** How long SQLite itself waits for a lock and blocks the process, in milliseconds. */
  readonly timeout?: number;
}

/** For TypeORM: `{ type: 'better-sqlite3', driver: NodeSqliteDatabase }`. */
export class NodeSqliteDatabase {
  /** For frequent statements. */
  readonly database: DatabaseSync;

  constructor(path: string, options: NodeSqliteOptions = {}) {
    this.database = new DatabaseSync(path, { readOnly: options.readonly ?? false, timeout: options.timeout ?? 0 });
  }

  /** Rows of a pragma, or its first value with `simple`. */
  pragma(text: string, options: { readonly simple?: boolean } = {}): unknown {
    const rows = this.prepare(`PRAGMA ${text}`).all() as Record<string, unknown>[];
    return options.simple ? Object.values(rows[0] ?? {})[0] : rows;
  }

  exec(sql: string): this {
    guarded(() => this.database.exec(sql));
    return this;
  }

  prepare(sql: string): NodeSqliteStatement {
    return new NodeSqliteStatement(guarded(() => this.database.prepare(sql)));
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }
}

/** A prepared statement. Parameters are positional. */
export class NodeSqliteStatement {
  /** True if it returns rows. */
  readonly reader: boolean;
  // Columns declared BIGINT come as decimal strings, as from PostgreSQL; as numbers they would be rounded or refused.
  readonly #bigintColumns: readonly string[];

  constructor(private readonly statement: StatementSync) {
    const columns = statement.columns();
    this.reader = columns.length > 0;
    this.#bigintColumns = columns.filter(({ type }) => type !== null && /^(big int|bigint|int8)$/i.test(type)).map(({ name }) => name);
    // A sum has no declared type and may exceed a number.
    if (this.#bigintColumns.length > 0 || columns.some(({ type }) => type === null)) statement.setReadBigInts(true);
  }

  /** Its source text up to its end: others may follow. */
  get sourceText(): string {
    return this.statement.sourceSQL;
  }

  all(...parameters: readonly unknown[]): object[] {
    return guarded(() => this.statement.all(...parameters.map(bindable)).map((row) => this.#rowOf(row)));
  }

  *iterate(...parameters: readonly unknown[]): Generator<object> {
    for (const row of guarded(() => this.statement.iterate(...parameters.map(bindable)))) yield this.#rowOf(row);
  }

  run(...parameters: readonly unknown[]): { changes: number; lastInsertRowid: number | bigint } {
    const { changes, lastInsertRowid } = guarded(() => this.statement.run(...parameters.map(bindable)));
    return { changes: Number(changes), lastInsertRowid };
  }

  #rowOf(row: Record<string, unknown>): object {
    const result: Record<string, unknown> = {};
    for (const column of Object.keys(row)) {
      const value = row[column];
      if (value instanceof Uint8Array) result[column] = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      else if (typeof value === 'bigint') result[column] = this.#bigintColumns.includes(column) ? value.toString() : numberOf(value);
      else result[column] = value;
    }
    return result;
  }
}

const bindable = (value: unknown): SQLInputValue => {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    default:
      if (value === null || value instanceof Uint8Array) return value;
      throw new TypeError(`SQLite cannot store ${value instanceof Date ? 'a Date; use its ISO text' : `a value of type ${typeof value}`}`);
  }
};

const numberOf = (value: bigint): number | string => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
};

// SQLITE_CONSTRAINT_UNIQUE and SQLITE_CONSTRAINT_PRIMARYKEY, https://sqlite.org/rescode.html
const UNIQUE_VIOLATIONS: readonly unknown[] = [2067, 1555];

/** Gives unique violations the code that TypeORM's users know; every other error passes unchanged. */
const guarded = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && UNIQUE_VIOLATIONS.includes(error.errcode))
      Object.assign(error, { code: 'SQLITE_CONSTRAINT_UNIQUE' });
    throw error;
  }
};
