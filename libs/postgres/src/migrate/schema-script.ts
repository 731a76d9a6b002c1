// The schema as plain SQL, for an administrator who makes or upgrades it in place of a process.
import { PostgresSettingsInvalid } from '../errors.js';
import { schemaName, schemaStatements, SCHEMA_VERSION } from '../server/schema.js';
import { upgrades } from './upgrades.js';

export interface SchemaScriptOptions {
  readonly schema: string;
  /** The role that makes and upgrades the schema, and owns it. It can change everything in it. */
  readonly owner: string;
  /** The role of the processes: it appends and reads, and can neither change nor delete events. */
  readonly application: string;
  /** Upgrade from this version, in place of making the schema. */
  readonly from?: number;
}

const ROLE = /^[A-Za-z_][A-Za-z0-9_$-]{0,62}$/;

/**
 * What the role of processes needs; to be run by the owner. To see how old the transaction of a session that holds the
 * log is, it needs `pg_read_all_stats`, too. Errors: EVENT_STORE_CONNECTION_SETTINGS_INVALID.
 */
export const rightsOf = (schema: string, application: string): readonly string[] => {
  const to = `TO "${role(application, 'application')}"`;
  return [
    `GRANT USAGE ON SCHEMA "${schemaName(schema)}" ${to}`,
    `GRANT SELECT, INSERT ON "${schema}"."events" ${to}`,
    `GRANT SELECT, UPDATE (position) ON "${schema}"."log" ${to}`,
    `GRANT SELECT ON "${schema}"."readable_events" ${to}`,
  ];
};

/**
 * SQL for `psql` or any other client. One part is one transaction; a part may be run again. Errors:
 * EVENT_STORE_CONNECTION_SETTINGS_INVALID.
 */
export const schemaScript = ({ schema, owner, application, from }: SchemaScriptOptions): string => {
  const become = `SET ROLE "${role(owner, 'owner')}"`;
  const parts = from === undefined ? [schemaStatements(schema)] : stepsFrom(from, schemaName(schema));
  const rights = rightsOf(schema, application);
  return [
    `-- The event store of Mainstem in schema ${schema}: ${from === undefined ? `makes version ${SCHEMA_VERSION}` : `from version ${from} to version ${SCHEMA_VERSION}`}.`,
    `-- "${owner}" owns it, and needs CREATE on the database to make it. The processes log in as "${application}".`,
    '-- If a statement meets lock_timeout, run its part again: others used the tables.',
    `${become};`,
    ...parts.map((part) => transactionOf(part)),
    transactionOf(rights),
    'RESET ROLE;',
    '',
  ].join('\n\n');
};

const transactionOf = (statements: readonly string[]): string =>
  ['BEGIN;', "SET LOCAL lock_timeout = '500ms';", ...statements.map((text) => `${text};`), 'COMMIT;'].join('\n');

const stepsFrom = (from: number, schema: string): readonly (readonly string[])[] => {
  if (!Number.isInteger(from) || from < 1 || from > SCHEMA_VERSION)
    throw new PostgresSettingsInvalid(`an upgrade begins at a version from 1 to ${SCHEMA_VERSION}`);
  return upgrades.flatMap(({ to, steps }) => (to > from ? steps(schema) : []));
};

const role = (name: string, which: string): string => {
  if (ROLE.test(name)) return name;
  throw new PostgresSettingsInvalid(`the role of the ${which} must be letters, digits, _, $ and -, at most 63, starting with a letter or _`);
};
