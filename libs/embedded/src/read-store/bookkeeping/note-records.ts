// Notes of an embedded read store as rows. Statements only; the caller has the transaction.
import type { DatabaseSync } from 'node:sqlite';
import type { Note } from '@mainstem/projection/adapter';

/** Run at every opening: files from before there were notes have no such table. */
export const NOTES_SCHEMA = `
  CREATE TABLE IF NOT EXISTS notes (
    projection TEXT NOT NULL,
    name TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (projection, name)
  ) STRICT, WITHOUT ROWID;
`;

export class NoteRecords {
  readonly #statements;

  constructor(database: DatabaseSync) {
    this.#statements = {
      list: database.prepare('SELECT projection, name, note FROM notes WHERE projection IN (SELECT value FROM json_each(?))'),
      keep: database.prepare('INSERT OR REPLACE INTO notes (projection, name, note) VALUES (?, ?, ?)'),
      remove: database.prepare('DELETE FROM notes WHERE projection = ? AND name = ?'),
      forget: database.prepare('DELETE FROM notes WHERE projection = ?'),
    };
  }

  list(projections: readonly string[]): readonly Note[] {
    const rows = this.#statements.list.all(JSON.stringify(projections)) as unknown as readonly NoteRow[];
    return rows.map(({ projection, name, note }) => ({ projection, name, text: note }));
  }

  keep({ projection, name, text }: Note): void {
    this.#statements.keep.run(projection, name, text);
  }

  remove({ projection, name }: Pick<Note, 'projection' | 'name'>): void {
    this.#statements.remove.run(projection, name);
  }

  forget(projection: string): void {
    this.#statements.forget.run(projection);
  }
}

interface NoteRow {
  readonly projection: string;
  readonly name: string;
  readonly note: string;
}
