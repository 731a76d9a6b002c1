// Notes as rows of `mainstem_notes`.
import type { Note } from '@mainstem/projection/adapter';
import type { SqlConnection, SqlDatabase } from '../server/sql-database.js';

export class NoteRecords {
  readonly #notes: string;

  constructor(database: SqlDatabase) {
    this.#notes = database.sqlName('mainstem_notes');
  }

  async list(connection: SqlConnection, projections: readonly string[]): Promise<readonly Note[]> {
    if (projections.length === 0) return [];
    const places = projections.map(() => '?').join(', ');
    return connection.query<Note>(`SELECT projection, name, note AS "text" FROM ${this.#notes} WHERE projection IN (${places})`, [...projections]);
  }

  /** Over the one of its name. */
  async keep(connection: SqlConnection, { projection, name, text }: Note): Promise<void> {
    await this.#hold(connection, projection);
    await this.remove(connection, { projection, name });
    await connection.run(`INSERT INTO ${this.#notes} (projection, name, note) VALUES (?, ?, ?)`, [projection, name, text]);
  }

  async remove(connection: SqlConnection, { projection, name }: Pick<Note, 'projection' | 'name'>): Promise<void> {
    await connection.run(`DELETE FROM ${this.#notes} WHERE projection = ? AND name = ?`, [projection, name]);
  }

  async forget(connection: SqlConnection, projection: string): Promise<void> {
    await connection.run(`DELETE FROM ${this.#notes} WHERE projection = ?`, [projection]);
  }

  /** Two writers of one new note take turns. */
  async #hold(connection: SqlConnection, projection: string): Promise<void> {
    await connection.lockName(`notes ${projection}`);
  }
}
