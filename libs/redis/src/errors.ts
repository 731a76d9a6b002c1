// Errors of the Redis read store, besides those of the port. None shows a URL or a password.
import { MainstemError } from '@mainstem/event-store';

/** The options of `RedisReadStore.open` are wrong. */
export class InvalidRedisOptions extends MainstemError {
  constructor(problem: string) {
    super('READ_STORE_INVALID_OPTIONS', `Redis read store: ${problem}`);
  }
}

/** The server lacks required commands; nothing was written. */
export class ServerTooOld extends MainstemError {
  constructor(
    readonly store: string,
    readonly expected: string,
    readonly actual: string,
  ) {
    super('READ_STORE_SERVER_TOO_OLD', `Read store ${store}: the server is Redis ${actual}; ${expected} or newer is needed. Upgrade it.`);
  }
}

/** When its memory is full, the server deletes keys of its choice, also read models; nothing was written. */
export class ServerEvicts extends MainstemError {
  constructor(
    readonly store: string,
    readonly policy: string,
  ) {
    super(
      'READ_STORE_EVICTS',
      `Read store ${store}: the server's maxmemory-policy is ${policy}, so it deletes any key when maxmemory is reached. Read models would then ` +
        'be rebuilt again and again. Give the read models their own server with maxmemory-policy noeviction, or volatile-lru where other keys that ' +
        'expire share it (CONFIG SET maxmemory-policy noeviction), or set maxmemory 0.',
    );
  }
}

/** The server is a replica and accepts no writes. Nothing was written. */
export class ReadStoreReadOnly extends MainstemError {
  constructor(
    readonly store: string,
    problem: string,
    cause?: unknown,
  ) {
    super(
      'READ_STORE_READ_ONLY',
      `Read store ${store}: ${problem}. Give the address of the primary, or redis+sentinel://… so that it is found after a fail-over.`,
      { cause },
    );
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
      `Read store ${store}: the server's certificate is not trusted (${problem}). Name the CA that signed it, rediss://host:6379?tlsCAFile=/path/ca.pem, and the host that it is for.`,
      { cause },
    );
  }
}

/** The server refuses the user of the URL. */
export class ReadStorePermissionDenied extends MainstemError {
  constructor(
    readonly store: string,
    problem: string,
    cause?: unknown,
  ) {
    super(
      'READ_STORE_PERMISSION_DENIED',
      `Read store ${store}: ${problem}. Check user and password in READ_STORE_CACHE; the user needs the keys that begin with the prefix and the ` +
        'command categories @read, @write, @scripting, @connection with INFO and SCAN (ACL SETUSER … ~mainstem:* +@read +@write +@scripting +info +scan).',
      { cause },
    );
  }
}
