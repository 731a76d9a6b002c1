// Errors of the OpenSearch read store, besides those of the port.
import { MainstemError } from '@mainstem/event-store';

/** The server accepts no writes: its disk is full, or an operator has blocked the index. Reads still work. */
export class SearchServerReadOnly extends MainstemError {
  constructor(
    readonly store: string,
    problem: string,
    cause?: unknown,
  ) {
    super(
      'READ_STORE_READ_ONLY',
      `Read store ${store}: ${problem}. OpenSearch blocks writes when a disk is almost full, and lifts the block once there is space; lift by hand a block that was set by hand.`,
      { cause },
    );
  }
}

/** The server refuses the user of the URL; nothing was written. */
export class SearchPermissionDenied extends MainstemError {
  constructor(
    readonly store: string,
    problem: string,
    cause?: unknown,
  ) {
    super(
      'READ_STORE_PERMISSION_DENIED',
      `Read store ${store}: ${problem}. Its user must be able to create, write, read and delete the indices and aliases <prefix>-*, and the index <prefix>.control.`,
      { cause },
    );
  }
}

/** The server is another product, or too old. */
export class UnsupportedSearchServer extends MainstemError {
  constructor(
    readonly actual: string,
    problem: string,
  ) {
    super('READ_STORE_UNSUPPORTED_SERVER', `Search server ${actual}: ${problem} OpenSearch 2.4 or newer is needed, or Elasticsearch 8 or newer.`);
  }
}

/** The options of `OpenSearchReadStore.open` are wrong. Never shows the URL, which may hold a password. */
export class InvalidOpenSearchOptions extends MainstemError {
  constructor(problem: string) {
    super('READ_STORE_INVALID_OPTIONS', `OpenSearch read store: ${problem}`);
  }
}
