// Finds the log in its schema, or makes it.
import type { Incarnation } from '@mainstem/event-store';
import { LogMissing, NewerLog, PostgresUnsupported } from '../errors.js';
import { LOG_FORMAT, nameIn, schemaStatements } from './schema.js';
import type { Sessions, Statement } from './sessions.js';

const VERSION_MIN = 130_000;

/**
 * The identity of the log. Processes that start at the same time make it once. Errors: those of the server,
 * EVENT_STORE_UNSUPPORTED_SERVER, EVENT_STORE_NEWER_FORMAT, EVENT_STORE_CANNOT_OPEN.
 */
export const openLog = async (sessions: Sessions, mayCreate: boolean): Promise<Incarnation> => {
  const { schema } = sessions.options.target;
  await assertSupported(sessions);
  if (!(await isThere(sessions, schema))) {
    if (!mayCreate) throw new LogMissing(schema);
    await create(sessions, schema);
  }
  const [row] = await sessions.readOnce({ text: `SELECT incarnation, format FROM ${nameIn(schema, 'log')}`, values: [] });
  const [incarnation, format] = row ?? [];
  if (typeof incarnation !== 'string') throw new LogMissing(schema);
  if (Number(format) > LOG_FORMAT) throw new NewerLog(schema, Number(format), LOG_FORMAT);
  return incarnation as Incarnation;
};

export const assertSupported = async (sessions: Sessions): Promise<void> => {
  const [row] = await sessions.readOnce({
    text: "SELECT current_setting('server_version_num'), current_setting('server_version'), current_setting('server_encoding')",
    values: [],
  });
  const [number, version, encoding] = row ?? [];
  if (!(Number(number) >= VERSION_MIN)) throw new PostgresUnsupported(`it has version ${version}; 13 or newer is needed.`);
  if (encoding !== 'UTF8') throw new PostgresUnsupported(`the database has encoding ${encoding}; make one WITH ENCODING 'UTF8'.`);
};

export const isThere = async (sessions: Sessions, schema: string): Promise<boolean> => {
  const [row] = await sessions.readOnce({ text: 'SELECT to_regclass($1)', values: [nameIn(schema, 'log')] });
  return typeof row?.[0] === 'string';
};

/** One process at a time makes or changes the schema; the others wait for its commit and see what is left to do. */
export const schemaLock = (schema: string): Statement => ({
  text: 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))',
  values: [`mainstem log ${schema}`],
});

const create = (sessions: Sessions, schema: string): Promise<void> =>
  sessions.transaction('BEGIN', async (run) => {
    await run(schemaLock(schema));
    const [row] = await run({ text: 'SELECT to_regclass($1)', values: [nameIn(schema, 'log')] });
    if (typeof row?.[0] === 'string') return;
    for (const text of schemaStatements(schema)) await run({ text, values: [] });
  });
