// The function on the server that appends: lock, checks, insert and notification in one call.
import { nameIn } from './name-in.js';

/** What the function tells by an error of its own. */
export const LOG_STATES = { replaced: 'MS001', damaged: 'MS002', restored: 'MS003' } as const;

/** From this version of the schema on, appends lock the row of the log without changing it each time. */
const LOCKS_ONLY_FROM = 2;
/** After so many events the row gets the position of the last one. */
const EVENTS_BETWEEN_MARKS = 1_000;

/**
 * Appends a batch, all or none, in one call without a word from the client in between. The row of the log is the lock,
 * and the last one taken: it makes one order of all appends. Events follow the last one that is there, so a rollback
 * leaves no hole. Every statement after the lock sees what was committed before. Answers with the position before the
 * batch, or NULL if a stream is not where the caller takes it to be; then nothing is written. `mark` is an event that
 * the caller has seen: it has to be there. A snapshot that is older than the lock (REPEATABLE READ, SERIALIZABLE) ends
 * with 40001, as the server's own conflicts do.
 */
export const appendFunction = (schema: string): string => {
  const [log, events] = [nameIn(schema, 'log'), nameIn(schema, 'events')];
  const insert = `INSERT INTO ${events} (position, id, stream, revision, type, recorded_at_ms, data, metadata)
    SELECT base + e.place, e.id, streams[e.stream], e.revision, e.type,
      floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, e.data, e.metadata
    FROM unnest(ids, stream_numbers, revisions, types, datas, metadatas)
      WITH ORDINALITY AS e(id, stream, revision, type, data, metadata, place);
    GET DIAGNOSTICS written = ROW_COUNT;`;
  return `CREATE OR REPLACE FUNCTION ${nameIn(schema, 'append')}(
  its_incarnation text, mark_position bigint, mark_id uuid, wait_ms integer, channel text, streams text[], lasts bigint[],
  ids uuid[], stream_numbers integer[], revisions bigint[], types text[], datas text[], metadatas text[]
) RETURNS bigint LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $append$
DECLARE
  base bigint;
  marked bigint;
  found_incarnation text;
  found_version integer;
  written bigint;
  sees_all boolean := current_setting('transaction_isolation') IN ('read committed', 'read uncommitted');
BEGIN
  PERFORM set_config('lock_timeout', wait_ms::text, true);
  -- An answer promises that the events survive a power cut.
  IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
  SELECT l.position, l.incarnation, l.version INTO marked, found_incarnation, found_version FROM ${log} AS l FOR UPDATE;
  IF found_incarnation IS DISTINCT FROM its_incarnation THEN
    RAISE EXCEPTION 'another log' USING ERRCODE = '${LOG_STATES.replaced}';
  END IF;
  IF mark_id IS DISTINCT FROM (SELECT e.id FROM ${events} AS e WHERE e.position = mark_position) THEN
    RAISE EXCEPTION 'an earlier state of the log' USING ERRCODE = CASE WHEN sees_all THEN '${LOG_STATES.restored}' ELSE '40001' END;
  END IF;
  base := coalesce((SELECT max(e.position) FROM ${events} AS e), 0);
  IF base < marked THEN
    RAISE EXCEPTION 'it has had an event at %, and the last one is at %', marked, base USING ERRCODE = '${LOG_STATES.damaged}';
  END IF;
  IF EXISTS (
    SELECT FROM unnest(streams, lasts) AS s(stream, last)
    WHERE s.last <> coalesce((SELECT max(e.revision) FROM ${events} AS e WHERE e.stream = s.stream COLLATE "C"), -1)
  ) THEN
    RETURN NULL;
  END IF;
  IF sees_all THEN
    ${insert}
  ELSE
    BEGIN
      ${insert}
    EXCEPTION WHEN unique_violation THEN
      RAISE EXCEPTION 'the snapshot of the transaction is older than the last event' USING ERRCODE = '40001';
    END;
  END IF;
  IF written <> cardinality(ids) THEN
    RAISE EXCEPTION '% of % events were written', written, cardinality(ids) USING ERRCODE = '${LOG_STATES.damaged}';
  END IF;
  -- Calls that began before an upgrade still compare the row with the last event.
  IF found_version < ${LOCKS_ONLY_FROM} OR base + written >= marked + ${EVENTS_BETWEEN_MARKS} THEN
    UPDATE ${log} SET position = base + written;
  END IF;
  IF channel IS NOT NULL THEN PERFORM pg_notify(channel, ''); END IF;
  RETURN base;
END
$append$`;
};
