// Errors of the OpenSearch read store, beyond those of the read store port.
import { MainstemError } from '@mainstem/event-store';

/** The server takes no writes: its disk is full, or somebody has blocked the index. What was written before can still be read. */
export class SearchServerReadOnly extends MainstemError {
  constructor(
    readonly store: string,
    problem: string,
    cause?: unknown,
  ) {
    super(
      'READ_STORE_READ_ONLY',
      `Read store ${store}: ${problem}. OpenSearch blocks writes when a disk is almost full, and lifts the block once there is space; a block set by hand has to be lifted by hand.`,
      { cause },
    );
  }
}

/** The server refuses the user that the URL names; nothing was written. */
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

/** It is another product, or a version without what is needed. */
export class UnsupportedSearchServer extends MainstemError {
  constructor(
    readonly actual: string,
    problem: string,
  ) {
    super('READ_STORE_UNSUPPORTED_SERVER', `Search server ${actual}: ${problem} OpenSearch 2.4 or newer is needed, or Elasticsearch 8 or newer.`);
  }
}

/** The options of `OpenSearchReadStore.open` make no sense. Never shows the URL, which may hold a password. */
export class InvalidOpenSearchOptions extends MainstemError {
  constructor(problem: string) {
    super('READ_STORE_INVALID_OPTIONS', `OpenSearch read store: ${problem}`);
  }
}
