// The tables of the log and its view. No search path of a role or database decides what they mean.
import { PostgresSettingsInvalid } from '../errors.js';
import { appendFunction } from './append-function.js';
import { nameIn } from './name-in.js';

export { LOG_STATES } from './append-function.js';
export { nameIn } from './name-in.js';

/**
 * The format that this program reads and writes. A newer one is refused. It changes only if older programs could not go
 * on; what they can work with is a newer version of the schema.
 */
export const LOG_FORMAT = 1;

/** The version of the schema that this program makes. It works with all earlier ones. */
export const SCHEMA_VERSION = 3;

const SCHEMA = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** The name of a schema. Errors: EVENT_STORE_CONNECTION_SETTINGS_INVALID. */
export const schemaName = (name: string): string => {
  if (SCHEMA.test(name)) return name;
  throw new PostgresSettingsInvalid('the schema must be letters, digits and underscores, at most 63, starting with a letter or underscore');
};

/**
 * The statements that make the log, in order, each of them once. A database administrator may run them in place of the
 * first process; then the role of the processes needs only the rights that the manual lists.
 * Errors: EVENT_STORE_CONNECTION_SETTINGS_INVALID.
 */
export const schemaStatements = (schema: string): readonly string[] => {
  schemaName(schema);
  const of = (name: string): string => nameIn(schema, name);
  return [
    `CREATE SCHEMA IF NOT EXISTS "${schema}"`,
    // One row: appends lock it. Its position is a mark that the last event never lies before.
    `CREATE TABLE ${of('log')} (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  incarnation text NOT NULL,
  format integer NOT NULL,
  position bigint NOT NULL,
  version integer NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0)`,
    `CREATE TABLE ${of('events')} (
  position bigint PRIMARY KEY,
  id uuid NOT NULL,
  stream text COLLATE "C" NOT NULL,
  revision bigint NOT NULL,
  type text COLLATE "C" NOT NULL,
  recorded_at_ms bigint NOT NULL,
  data text COLLATE "C" NOT NULL,
  metadata text COLLATE "C" NOT NULL
)`,
    `CREATE UNIQUE INDEX events_by_stream ON ${of('events')} (stream, revision)`,
    `CREATE INDEX events_by_type ON ${of('events')} (type, position)`,
    `CREATE INDEX events_by_category ON ${of('events')} (split_part(stream, '-', 1), position)`,
    appendFunction(schema),
    ...readableView(schema),
    `INSERT INTO ${of('log')} VALUES (true, gen_random_uuid()::text, ${LOG_FORMAT}, 0, ${SCHEMA_VERSION})`,
  ];
};

/**
 * A replacement may not rename the parameter of earlier versions. It is quoted: newer servers have a word `json` in
 * their language.
 */
export const jsonbFunction = (schema: string): string =>
  `CREATE OR REPLACE FUNCTION ${nameIn(schema, 'as_jsonb')}("json" text)
RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT AS $json$
BEGIN
  RETURN "json"::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
  RETURN NULL;
END
$json$`;

/** For people who query: no process of Mainstem reads it. A payload that jsonb cannot hold is shown as NULL. */
const readableView = (schema: string): readonly string[] => [
  jsonbFunction(schema),
  `CREATE VIEW ${nameIn(schema, 'readable_events')} AS
SELECT position, id, stream, revision, type, to_timestamp(recorded_at_ms / 1000.0) AS recorded_at,
  ${nameIn(schema, 'as_jsonb')}(data) AS data, ${nameIn(schema, 'as_jsonb')}(metadata) AS metadata
FROM ${nameIn(schema, 'events')}`,
];
