// Errors of the SQL read store, besides those of the port.
import { MainstemError } from '@mainstem/event-store';

/** An entity cannot hold documents as declared. Change the program. */
export class UnsupportedEntity extends MainstemError {
  constructor(
    readonly entity: string,
    problem: string,
  ) {
    super('READ_STORE_UNSUPPORTED_ENTITY', `Entity ${entity}: ${problem}`);
  }
}

/** The database cannot hold every document; nothing was written. */
export class UnsupportedDatabase extends MainstemError {
  constructor(problem: string) {
    super('READ_STORE_UNSUPPORTED_DATABASE', `The database cannot hold read models: ${problem}`);
  }
}

/** Views or other objects on a read model block a change of its columns; the former generation goes on serving. */
export class ReadModelInUse extends MainstemError {
  constructor(
    readonly view: string,
    readonly dependents: readonly string[],
    isMadeAnew: boolean,
  ) {
    const problem = `because other views, rules, triggers or functions depend on it: ${dependents.join(', ')}. Drop them`;
    super(
      'READ_STORE_VIEW_IN_USE',
      isMadeAnew
        ? `${view} cannot get its new columns, ${problem}, promote the generation (mainstem rebuild goes on with it), and make them again. ` +
            'Added columns, or another order of them, need none of this.'
        : `${view} cannot be removed, ${problem}, and do the same again.`,
    );
  }
}

/** Another object in the database already has the read model's name; nothing was changed. */
export class ReadModelNameTaken extends MainstemError {
  constructor(
    readonly table: string,
    problem: string,
    /** The projection that has it, if any. */
    readonly owner?: string,
  ) {
    const forget = owner === undefined ? '' : ` If the application no longer has ${owner}, remove its leftovers: mainstem forget ${owner}`;
    super('READ_STORE_NAME_TAKEN', `${table}: ${problem} Give the entity another table name.${forget}`);
  }
}

/** The database accepts no writes: a replica, a read-only file or a read-only role. Nothing was written. */
export class ReadStoreReadOnly extends MainstemError {
  constructor(
    readonly store: string,
    problem: string,
    cause?: unknown,
  ) {
    super('READ_STORE_READ_ONLY', `Read store ${store}: ${problem} Projectors need the primary server or a writable file.`, { cause });
  }
}

const OF_POSTGRESQL =
  'Its role must be able to create tables and views in its schema (GRANT USAGE, CREATE ON SCHEMA …). ' +
  'It must own the existing ones, or have all rights on them; a new index needs the owner of its table.';

/** The database refuses the role of the URL; nothing was written. */
export class ReadStorePermissionDenied extends MainstemError {
  constructor(
    readonly store: string,
    problem: string,
    cause?: unknown,
    needs = OF_POSTGRESQL,
  ) {
    super('READ_STORE_PERMISSION_DENIED', `Read store ${store}: ${problem}. ${needs}`, { cause });
  }
}

/** The server's certificate is for another host or of an untrusted CA; nothing was sent to the server. */
export class ServerCertificateRefused extends MainstemError {
  constructor(
    readonly store: string,
    problem: string,
    cause?: unknown,
  ) {
    super(
      'READ_STORE_CERTIFICATE_REFUSED',
      `Read store ${store}: the server's certificate is not trusted (${problem}). Name the CA that signed it, ` +
        'mariadb://…?tls=true&tlsCAFile=/path/ca.pem, and connect by the name that it is for.',
      { cause },
    );
  }
}

/** All that read models hold comes from the events. */
const FILLED_ANEW =
  'Read models are filled anew: stop the processes that use it, move it and the files beside it (-wal, -shm) away, ' +
  'and start the projector again. `mainstem status` shows how far they are.';

/** The file is not a SQLite database, or is damaged. It stays as it is. */
export class InvalidReadStoreFile extends MainstemError {
  constructor(
    readonly file: string,
    problem: string,
    cause?: unknown,
  ) {
    super('READ_STORE_INVALID_FILE', `${file}: ${problem}. ${FILLED_ANEW}`, { cause });
  }
}

/** The required file is missing; nothing was made. */
export class SqlFileMissing extends MainstemError {
  constructor(readonly file: string) {
    super('READ_STORE_CANNOT_OPEN', `${file} does not exist. Check that this is the right folder, and that this process may use it.`);
  }
}

/** The schema that should have read models has none; nothing was made. */
export class SchemaMissing extends MainstemError {
  constructor(
    readonly schema: string,
    nearest: string | undefined,
  ) {
    const hint = nearest === undefined ? 'Check database and schema in its URL.' : `Did you mean schema ${nearest}?`;
    super('READ_STORE_CANNOT_OPEN', `PostgreSQL has no read models in schema ${schema}, and none were made. ${hint}`);
  }
}

/** A newer version of Mainstem has written to this database. It stays as it is. */
export class NewerReadStore extends MainstemError {
  constructor(
    readonly store: string,
    readonly migration: string,
  ) {
    super(
      'READ_STORE_NEWER',
      `Read store ${store} was changed by a newer version of Mainstem (${migration}). Run that version, or use another schema or folder.`,
    );
  }
}

/** The options of `SqlReadStore.open` are wrong. Never shows the URL, which may hold a password. */
export class InvalidSqlOptions extends MainstemError {
  constructor(problem: string) {
    super('READ_STORE_INVALID_OPTIONS', `SQL read store: ${problem}`);
  }
}
