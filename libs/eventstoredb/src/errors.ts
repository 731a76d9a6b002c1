// Errors of an event store behind a connection. None of them contains a password: see `redactor`.
import { MainstemError } from '@mainstem/event-store';

/** The settings of the connection are wrong; nothing was dialled. The text is not shown: it may hold a password. */
export class ConnectionSettingsInvalid extends MainstemError {
  constructor(problem: string) {
    super('EVENT_STORE_CONNECTION_SETTINGS_INVALID', `The connection string cannot be used: ${problem}. It looks like esdb://host:2113?tls=true.`);
  }
}

/** The client package cannot be loaded; nothing was dialled. */
export class ClientUnusable extends MainstemError {
  constructor(
    readonly packageName: string,
    cause: unknown,
  ) {
    const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    super(
      'EVENT_STORE_CLIENT_UNUSABLE',
      `${packageName} cannot be used (${reason}). Install it, with its native part for this platform if it has any, or choose the other \`client\`.`,
      { cause },
    );
  }
}

/**
 * The event store cannot be reached, or did not answer in time. Reads may be repeated. An append may or may not have
 * taken effect: repeat it with the same ids and the same expected revision, and it takes effect once.
 */
export class EventStoreUnavailable extends MainstemError {
  constructor(
    operation: string,
    readonly reason: string,
    cause?: unknown,
  ) {
    super(
      'EVENT_STORE_UNAVAILABLE',
      `${operation}: the event store cannot be reached (${reason}). Repeat it when it is back; appends with the same ids.`,
      {
        cause,
      },
    );
  }
}

/** The user of the connection has no right to do this. */
export class EventStoreAccessDenied extends MainstemError {
  constructor(operation: string, cause?: unknown) {
    super('EVENT_STORE_ACCESS_DENIED', `${operation}: the event store refused access. Check the user and its rights.`, { cause });
  }
}

/** The stream was tombstoned in the event store: it can never be read or written again. */
export class StreamDeleted extends MainstemError {
  constructor(
    readonly stream: string,
    cause?: unknown,
  ) {
    super('EVENT_STORE_STREAM_DELETED', `Stream ${stream} was deleted for ever. Use another stream name.`, { cause });
  }
}

/** The event store gave an answer that this adapter cannot handle. */
export class EventStoreFailed extends MainstemError {
  constructor(operation: string, reason: string, cause?: unknown) {
    super('EVENT_STORE_FAILED', `${operation}: the event store failed (${reason}). Read the log of the event store for the cause.`, { cause });
  }
}

/** Too many appends wait for their answer; this one was not sent. */
export class TooManyAppends extends MainstemError {
  constructor(pendingMax: string) {
    super('EVENT_STORE_OVERLOADED', `More than ${pendingMax} of appends wait for their answer. Await earlier appends before starting more.`);
  }
}
