// Errors of the server: those of its settings, and those with which it answers a call.
import { MainstemError } from '@mainstem/event-store';

/** The settings do not fit together, or would open the store to every client. The server has not started. */
export class ServerSettingsInvalid extends MainstemError {
  constructor(problem: string, cause?: unknown) {
    super('EVENT_STORE_SERVER_SETTINGS_INVALID', problem, cause === undefined ? {} : { cause });
  }
}

/** The server cannot listen on the address and has not started. */
export class CannotListen extends MainstemError {
  constructor(address: string, cause: unknown) {
    super('EVENT_STORE_SERVER_CANNOT_LISTEN', `${address} cannot be listened on. Is another server using the port? Choose another one.`, { cause });
  }
}

/** The request is not valid; nothing was done. */
export class RequestInvalid extends MainstemError {
  constructor(problem: string) {
    super('EVENT_STORE_SERVER_REQUEST_INVALID', problem);
  }
}

/** The filter's regular expression uses syntax of .NET only, or is no regular expression. */
export class FilterNotSupported extends MainstemError {
  constructor(regex: string, cause: unknown) {
    super(
      'EVENT_STORE_SERVER_FILTER_NOT_SUPPORTED',
      `The filter ${JSON.stringify(regex.slice(0, 200))} is not a regular expression that this server understands. Use prefixes, or plain syntax.`,
      { cause },
    );
  }
}

/** The stream was tombstoned, or was deleted and the write expects it to exist. The text is that of a real server. */
export class StreamTombstoned extends MainstemError {
  constructor(readonly stream: string) {
    super('EVENT_STORE_STREAM_DELETED', `Event stream '${stream}' is deleted.`);
  }
}

/** A write is larger than the server accepts; nothing was written. Sizes in bytes. */
export class WriteTooLarge extends MainstemError {
  constructor(readonly bytesMax: number) {
    super('EVENT_STORE_SERVER_WRITE_TOO_LARGE', `The write has more than ${bytesMax} bytes. Write less at once, or raise the server's limit.`);
  }
}

/** The properties of a proposed event; clients are told their names when any of them is missing. */
export const REQUIRED_PROPERTIES = ['type', 'content-type'] as const;

/** A proposed event lacks a required property. */
export class MetadataMissing extends MainstemError {
  constructor(readonly properties: readonly string[]) {
    super('EVENT_STORE_SERVER_METADATA_MISSING', `An event needs ${properties.join(' and ')}; nothing was written.`);
  }
}

/** The write missed its time and may still be committed, unless the time was zero. Repeat it with the same ids. */
export class WriteTimedOut extends MainstemError {
  constructor(waitedMs: number) {
    super(
      'EVENT_STORE_SERVER_WRITE_TIMED_OUT',
      waitedMs > 0
        ? `The write was not committed within ${Math.round(waitedMs)} ms. Write it again with the same ids.`
        : 'The deadline of the write had passed when the write arrived; nothing was written. Give it more time, or compare the clocks.',
    );
  }
}

/** Too many writes wait for their commit; this one was not written. */
export class ServerOverloaded extends MainstemError {
  constructor() {
    super('EVENT_STORE_SERVER_OVERLOADED', 'Too many writes wait for their commit. Wait for earlier ones before sending more.');
  }
}

/** There is no such group of consumers, or the stream has no groups. */
export class GroupNotFound extends MainstemError {
  constructor(
    readonly source: string,
    readonly group: string,
  ) {
    super('EVENT_STORE_SERVER_GROUP_NOT_FOUND', `Subscription group ${group} on stream ${source} does not exist.`);
  }
}

export class GroupExists extends MainstemError {
  constructor(
    readonly source: string,
    readonly group: string,
  ) {
    super('EVENT_STORE_SERVER_GROUP_EXISTS', `Subscription group ${group} on stream ${source} exists.`);
  }
}

/** The group has its maximum of consumers. */
export class GroupFull extends MainstemError {
  constructor(
    readonly source: string,
    readonly group: string,
  ) {
    super('EVENT_STORE_SERVER_GROUP_FULL', `Maximum subscriptions reached for subscription group ${group} on stream ${source}.`);
  }
}

/** The group was deleted, changed or restarted, or cannot read its stream. The consumer may connect again. */
export class GroupDropped extends MainstemError {
  constructor(
    readonly source: string,
    readonly group: string,
  ) {
    super('EVENT_STORE_SERVER_GROUP_DROPPED', `Subscription group ${group} on stream ${source} was dropped.`);
  }
}

/** The group cannot do what was asked. The text around the reason is that of a real server. */
export class GroupRefused extends MainstemError {
  constructor(
    readonly source: string,
    readonly group: string,
    readonly reason: string,
  ) {
    super('EVENT_STORE_SERVER_GROUP_REFUSED', `Subscription group ${group} on stream ${source} failed: '${reason}'`);
  }
}

/** Another process serves the groups of this folder; only one can. */
export class GroupsServedElsewhere extends MainstemError {
  constructor(dir: string, cause: unknown) {
    super(
      'EVENT_STORE_SERVER_GROUPS_ELSEWHERE',
      `Another process serves the persistent subscriptions of ${dir}. Connect to that one, or stop it first.`,
      { cause },
    );
  }
}

/** The stored groups cannot be read. No group is served, and the stored ones are not overwritten. */
export class GroupsUnreadable extends MainstemError {
  constructor(stream: string, cause: unknown) {
    super(
      'EVENT_STORE_SERVER_GROUPS_UNREADABLE',
      `The last event of ${stream} does not describe the groups of consumers. Append a valid one, or delete the stream and create the groups anew.`,
      { cause },
    );
  }
}
