// The tables of the log, and the function that appends. No search path of a role or database decides what they mean.
import { PostgresSettingsInvalid } from '../errors.js';

/** The newest format that this program knows. */
export const LOG_FORMAT = 1;

const SCHEMA = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** The name of a schema. Errors: EVENT_STORE_CONNECTION_SETTINGS_INVALID. */
export const schemaName = (name: string): string => {
  if (SCHEMA.test(name)) return name;
  throw new PostgresSettingsInvalid('the schema must be letters, digits and underscores, at most 63, starting with a letter or underscore');
};

/** Quotes a name of the log's schema. The schema is letters, digits and underscores. */
export const nameIn = (schema: string, name: string): string => `"${schema}"."${name}"`;

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
    // One row, and room in its page for new versions of it: none of them touches an index.
    `CREATE TABLE ${of('log')} (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  incarnation text NOT NULL,
  format integer NOT NULL,
  position bigint NOT NULL
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
    `INSERT INTO ${of('log')} VALUES (true, gen_random_uuid()::text, ${LOG_FORMAT}, 0)`,
  ];
};

/** What the function tells by an error of its own. */
export const LOG_STATES = { replaced: 'MS001', damaged: 'MS002', restored: 'MS003' } as const;

/**
 * Appends a batch, all or none, in one call without a word from the client in between. The row of the counter is the
 * lock, and the last one taken: it makes one order of all appends, and a rollback leaves no hole. Every statement after
 * it sees what was committed before. Answers with the position before the batch, or NULL if a stream is not where the
 * caller takes it to be; then nothing is written. `mark` is an event that the caller has seen: it has to be there.
 */
const appendFunction = (schema: string): string => {
  const [log, events] = [nameIn(schema, 'log'), nameIn(schema, 'events')];
  return `CREATE FUNCTION ${nameIn(schema, 'append')}(
  its_incarnation text, mark_position bigint, mark_id uuid, wait_ms integer, channel text, streams text[], lasts bigint[],
  ids uuid[], stream_numbers integer[], revisions bigint[], types text[], datas text[], metadatas text[]
) RETURNS bigint LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $append$
DECLARE
  base bigint;
  found_incarnation text;
  written bigint;
BEGIN
  PERFORM set_config('lock_timeout', wait_ms::text, true);
  -- An answer promises that the events survive a power cut.
  IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
  SELECT l.position, l.incarnation INTO base, found_incarnation FROM ${log} AS l FOR UPDATE;
  IF found_incarnation IS DISTINCT FROM its_incarnation THEN
    RAISE EXCEPTION 'another log' USING ERRCODE = '${LOG_STATES.replaced}';
  END IF;
  IF mark_id IS DISTINCT FROM (SELECT e.id FROM ${events} AS e WHERE e.position = mark_position) THEN
    RAISE EXCEPTION 'an earlier state of the log' USING ERRCODE = '${LOG_STATES.restored}';
  END IF;
  IF base <> coalesce((SELECT max(e.position) FROM ${events} AS e), 0) THEN
    RAISE EXCEPTION 'the counter stands at %, the last event at %', base, (SELECT max(e.position) FROM ${events} AS e)
      USING ERRCODE = '${LOG_STATES.damaged}';
  END IF;
  IF EXISTS (
    SELECT FROM unnest(streams, lasts) AS s(stream, last)
    WHERE s.last <> coalesce((SELECT max(e.revision) FROM ${events} AS e WHERE e.stream = s.stream COLLATE "C"), -1)
  ) THEN
    RETURN NULL;
  END IF;
  INSERT INTO ${events} (position, id, stream, revision, type, recorded_at_ms, data, metadata)
  SELECT base + e.place, e.id, streams[e.stream], e.revision, e.type,
    floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, e.data, e.metadata
  FROM unnest(ids, stream_numbers, revisions, types, datas, metadatas)
    WITH ORDINALITY AS e(id, stream, revision, type, data, metadata, place);
  GET DIAGNOSTICS written = ROW_COUNT;
  IF written <> cardinality(ids) THEN
    RAISE EXCEPTION '% of % events were written', written, cardinality(ids) USING ERRCODE = '${LOG_STATES.damaged}';
  END IF;
  UPDATE ${log} SET position = base + written;
  IF channel IS NOT NULL THEN PERFORM pg_notify(channel, ''); END IF;
  RETURN base;
END
$append$`;
};

/** For people who query: no process of Mainstem reads it. A payload that jsonb cannot hold is shown as NULL. */
const readableView = (schema: string): readonly string[] => [
  `CREATE FUNCTION ${nameIn(schema, 'as_jsonb')}(json text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT AS $json$
BEGIN
  RETURN json::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
  RETURN NULL;
END
$json$`,
  `CREATE VIEW ${nameIn(schema, 'readable_events')} AS
SELECT position, id, stream, revision, type, to_timestamp(recorded_at_ms / 1000.0) AS recorded_at,
  ${nameIn(schema, 'as_jsonb')}(data) AS data, ${nameIn(schema, 'as_jsonb')}(metadata) AS metadata
FROM ${nameIn(schema, 'events')}`,
];
