// What only a commit can refuse: a deferred constraint that was added by hand.
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';

/** Of a transaction with statements of ours alone: nothing of it is kept. To all but a commit of documents it is a trouble of the store. */
export class RefusedAtCommit extends ReadStoreUnavailable {
  constructor(
    store: string,
    readonly problem: string,
    cause: unknown,
  ) {
    super(store, problem, cause);
  }
}
