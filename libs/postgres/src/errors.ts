// Errors of an event store on PostgreSQL, besides those of the port. None of them holds the URL or a password.
import { MainstemError } from '@mainstem/event-store';

/** The options or the URL are wrong; nothing was dialled. The URL is not shown: it may hold a password. */
export class PostgresSettingsInvalid extends MainstemError {
  constructor(problem: string) {
    super('EVENT_STORE_CONNECTION_SETTINGS_INVALID', `The event store on PostgreSQL cannot be opened: ${problem}.`);
  }
}

/** The package `pg` cannot be loaded; nothing was dialled. */
export class PostgresClientUnusable extends MainstemError {
  constructor(cause: unknown) {
    const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    super('EVENT_STORE_CLIENT_UNUSABLE', `The package pg cannot be used (${reason}). Install it: npm install pg.`, { cause });
  }
}

/** The server or the database cannot hold an event store; nothing was written. */
export class PostgresUnsupported extends MainstemError {
  constructor(problem: string) {
    super('EVENT_STORE_UNSUPPORTED_SERVER', `This PostgreSQL cannot hold an event store: ${problem}`);
  }
}

/**
 * The server cannot be reached, or did not answer in time. Reads may be repeated. An append may or may not have taken
 * effect: repeat it with the same ids and the same expected revision, and it takes effect once.
 */
export class PostgresUnavailable extends MainstemError {
  constructor(
    operation: string,
    readonly reason: string,
    cause?: unknown,
  ) {
    super(
      'EVENT_STORE_UNAVAILABLE',
      `${operation}: PostgreSQL cannot be reached (${reason}). Repeat it when it is back; appends with the same ids.`,
      { cause },
    );
  }
}

/** The role of the URL has no right to do this; nothing was written. */
export class PostgresAccessDenied extends MainstemError {
  constructor(operation: string, reason: string, cause?: unknown) {
    super(
      'EVENT_STORE_ACCESS_DENIED',
      `${operation}: PostgreSQL refused access (${reason}). Check user, password and database of the URL, and the rights of the role.`,
      { cause },
    );
  }
}

/** The server takes no writes: a standby, or a session that is read only. Nothing was written. */
export class PostgresReadOnly extends MainstemError {
  constructor(operation: string, reason: string, cause?: unknown) {
    super('EVENT_STORE_READ_ONLY', `${operation}: this PostgreSQL takes no writes (${reason}). Give the address of the primary server.`, { cause });
  }
}

/** What keeps others from appending. */
export interface LockHolder {
  readonly pid: number;
  readonly applicationName: string | undefined;
  /** Since its transaction began; undefined if the role may not see it. */
  readonly seconds: number | undefined;
}

/** Another session kept the log for longer than an append may wait; nothing was written. */
export class LogBusy extends MainstemError {
  constructor(
    readonly waitedMs: number,
    readonly holders: readonly LockHolder[],
    cause?: unknown,
  ) {
    const held = holders.map(described).join('; ');
    super(
      'EVENT_STORE_BUSY',
      `The log in PostgreSQL was locked for more than ${waitedMs} ms, ${held === '' ? 'by a transaction that has ended meanwhile' : `by ${held}`}. ` +
        'Try again; nothing was written. A session that stays is ended by SELECT pg_terminate_backend(pid).',
      { cause },
    );
  }
}

const described = ({ pid, applicationName, seconds }: LockHolder): string => {
  const name = applicationName === undefined || applicationName === '' ? '' : ` (${applicationName})`;
  return `the session with pid ${pid}${name}${seconds === undefined ? '' : `, whose transaction is ${seconds} s old`}`;
};

/** The transaction of the caller met another one, and the server has ended it: none of its rows and events is there. */
export class TransactionConflict extends MainstemError {
  constructor(operation: string, reason: string, cause?: unknown) {
    super(
      'EVENT_STORE_TRANSACTION_CONFLICT',
      `${operation}: the transaction met another one (${reason}). Roll it back and do all of it again; nothing of it was written.`,
      { cause },
    );
  }
}

/** What was given is no open transaction on this event store; nothing was written by this call. */
export class TransactionUnusable extends MainstemError {
  constructor(
    readonly problem: string,
    cause?: unknown,
  ) {
    super('EVENT_STORE_TRANSACTION_UNUSABLE', `The event store cannot work in this transaction: ${problem}.`, { cause });
  }
}

/** There is no room left on the server; nothing was written. */
export class PostgresDiskFull extends MainstemError {
  constructor(operation: string, reason: string, cause?: unknown) {
    super('EVENT_STORE_DISK_FULL', `${operation}: the server of the event store has no room left (${reason}). Free some space and try again.`, {
      cause,
    });
  }
}

/** The server answered with something that this store cannot handle. */
export class PostgresFailed extends MainstemError {
  constructor(operation: string, reason: string, cause?: unknown) {
    super('EVENT_STORE_FAILED', `${operation}: PostgreSQL failed (${reason}). Read the log of the server for the cause.`, { cause });
  }
}

/** Too many appends wait for their commit; this one was not sent. */
export class PostgresOverloaded extends MainstemError {
  constructor(pendingMax: string) {
    super('EVENT_STORE_OVERLOADED', `More than ${pendingMax} of appends wait for their commit. Await earlier appends before starting more.`);
  }
}

/** The schema holds no event store, and none may be made; nothing was written. */
export class LogMissing extends MainstemError {
  constructor(readonly schema: string) {
    super(
      'EVENT_STORE_CANNOT_OPEN',
      `PostgreSQL has no event store in schema ${schema}, and none was made. Check database and schema of the URL; a process that may create makes it.`,
    );
  }
}

/** The tables were made by a newer version of Mainstem; they stay as they are. */
export class NewerLog extends MainstemError {
  constructor(
    readonly schema: string,
    readonly format: number,
    readonly formatMax: number,
  ) {
    super(
      'EVENT_STORE_NEWER_FORMAT',
      `The event store in schema ${schema} has format ${format}; this program supports formats up to ${formatMax}. Deploy the newer program.`,
    );
  }
}

/** Table and counter of the log contradict each other, as after the restore of one table alone. Nothing was written. */
export class LogDamaged extends MainstemError {
  constructor(
    readonly schema: string,
    problem: string,
    cause?: unknown,
  ) {
    super(
      'EVENT_STORE_CORRUPT',
      `The event store in schema ${schema} is not as it was left: ${problem}. It takes no appends. Restore the whole schema from one backup.`,
      { cause },
    );
  }
}

/** Another log lies at this address now; nothing was written to it. */
export class LogReplaced extends MainstemError {
  constructor(
    readonly schema: string,
    cause?: unknown,
  ) {
    super(
      'EVENT_STORE_LOG_REPLACED',
      `The event store in schema ${schema} is another one than this process has opened. Check which database was restored, and start the process again.`,
      { cause },
    );
  }
}
