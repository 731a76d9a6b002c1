// What a process can be told about its event store where that is a server of EventStoreDB or KurrentDB.
import {
  areGiven,
  optional,
  placeSetting,
  together,
  wholeNumber,
  withoutCredentials,
  type PlaceForm,
  type Setting,
  type SettingGroup,
} from '@mainstem/event-store/settings';

/** A server or cluster. May hold a password: show `eventStoreDbAddress` instead. */
export interface EventStoreConnection {
  readonly connectionString: string;
  /** From EVENT_STORE_USERNAME and EVENT_STORE_PASSWORD; used in place of those in the string. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** What the server was set to take in one append. */
  readonly appendBytesMax?: number;
}

/** No server before KurrentDB 25.1 takes more. */
const APPEND_BYTES_MAX = 16_767_216;
const CONNECTION = /^(?:esdb|kurrentdb|kurrent|kdb)(?:\+discover)?:\/\/[^/?]+/;

const eventStoreDbForm: PlaceForm<{ readonly connectionString: string }> = {
  example: 'esdb://host:2113?tls=true',
  help: 'EventStoreDB ≥ 22.10, KurrentDB, or the event store server; `esdb+discover://name:2113`, the same with `kurrentdb`',
  accepts: (text) => CONNECTION.test(text),
  parse: (connectionString) => ({ connectionString }),
};

const username: Setting<string> = {
  environment: 'EVENT_STORE_USERNAME',
  default: '',
  help: 'user of that server, in place of the one in the string; sent over TLS only',
  parse: (text) => text,
};

const password: Setting<string> = {
  environment: 'EVENT_STORE_PASSWORD',
  default: '',
  help: 'its password',
  shows: 'nothing',
  parse: (text) => text,
};

const appendBytesMax: Setting<number | undefined> = {
  environment: 'EVENT_STORE_APPEND_BYTES_MAX',
  default: '',
  defaultInWords: '1048576',
  help: `what that server was set to take in one append, at most ${APPEND_BYTES_MAX} bytes`,
  parse: optional(wholeNumber(1, APPEND_BYTES_MAX)),
};

/**
 * EVENT_STORE with its companions. `others` are the forms of the application's other stores, its default first: a word
 * such as `embeddedForm`, then those of servers.
 */
export const eventStoreSetting = <const Others extends readonly [PlaceForm<unknown>, ...PlaceForm<unknown>[]]>(
  ...others: Others
): SettingGroup<ReturnType<Others[number]['parse']> | EventStoreConnection> =>
  together(
    {
      place: placeSetting({ environment: 'EVENT_STORE', help: 'where the events are', forms: [...others, eventStoreDbForm] }),
      username,
      password,
      appendBytesMax,
    },
    ({ place, username, password, appendBytesMax }) => {
      if (!isEventStoreDb(place)) return place as ReturnType<Others[number]['parse']>;
      const hasUser = areGiven({ EVENT_STORE_USERNAME: username, EVENT_STORE_PASSWORD: password });
      return { ...place, ...(hasUser && { credentials: { username, password } }), ...(appendBytesMax !== undefined && { appendBytesMax }) };
    },
  );

const isEventStoreDb = (place: unknown): place is { readonly connectionString: string } =>
  typeof place === 'object' && place !== null && 'connectionString' in place;

/** Where the events are, without anything secret. */
export const eventStoreDbAddress = ({ connectionString }: EventStoreConnection): string => withoutCredentials(connectionString).replace(/\?.*$/s, '');
