// What changes from one version of the schema to the next. Processes of the older program append meanwhile.
import { appendFunction } from '../server/append-function.js';
import { nameIn } from '../server/name-in.js';
import { jsonbFunction } from '../server/schema.js';

export interface Upgrade {
  /** The version after its last step. */
  readonly to: number;
  /**
   * Transactions, in order. Each may run again after an interruption, and each leaves a schema that the program of the
   * version before can work with.
   */
  readonly steps: (schema: string) => readonly (readonly string[])[];
}

/** In order; the first one leads from version 1, which has no number in its tables. */
export const upgrades: readonly Upgrade[] = [
  {
    // Appends lock the row of the log without changing it.
    to: 2,
    steps: (schema) => [
      // From here on, calls know the version, and still write the position for those that began before.
      [`ALTER TABLE ${nameIn(schema, 'log')} ADD COLUMN IF NOT EXISTS version integer NOT NULL DEFAULT 1`, appendFunction(schema)],
      // Calls of the older function that held the log, or waited for it, have ended when this lock is there.
      [`LOCK TABLE ${nameIn(schema, 'log')} IN ACCESS EXCLUSIVE MODE`, `UPDATE ${nameIn(schema, 'log')} SET version = 2 WHERE version < 2`],
    ],
  },
  {
    // The view also works on servers that have `json` as a word of their language.
    to: 3,
    steps: (schema) => [[jsonbFunction(schema), `UPDATE ${nameIn(schema, 'log')} SET version = 3 WHERE version < 3`]],
  },
];
