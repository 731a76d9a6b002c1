// What only a commit can refuse: a deferred constraint that was added by hand.
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';

/**
 * For a transaction with our statements only: nothing of it is kept. Except in a commit of documents, it means trouble
 * of the store.
 */
export class RefusedAtCommit extends ReadStoreUnavailable {
  constructor(
    store: string,
    readonly problem: string,
    cause: unknown,
  ) {
    super(store, problem, cause);
  }
}
