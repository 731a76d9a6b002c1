// What a process can be told about its event store where that is a schema of PostgreSQL.
import { withoutCredentials, type PlaceForm } from '@mainstem/event-store/settings';
import { postgresTargetOf } from './server/target.js';

/** A schema of a database. May hold a password: show `postgresEventsAddress` instead. */
export interface PostgresEvents {
  readonly postgresUrl: string;
}

/** What a setting such as EVENT_STORE takes. */
export const postgresEventsForm: PlaceForm<PostgresEvents> = {
  example: 'postgres://user:password@host:5432/database',
  help: 'PostgreSQL ≥ 13; `?schema=name` chooses the schema',
  accepts: (text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text),
  parse: (postgresUrl) => ({ postgresUrl }),
};

/** Where the events are, without anything secret. */
export const postgresEventsAddress = ({ postgresUrl }: PostgresEvents): string => withoutCredentials(postgresUrl);

/** The schema that holds them. Errors: EVENT_STORE_CONNECTION_SETTINGS_INVALID. */
export const postgresEventsSchema = ({ postgresUrl }: PostgresEvents): string => postgresTargetOf({ url: postgresUrl }).schema;
