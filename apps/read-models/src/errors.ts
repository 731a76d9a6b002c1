// Errors of folding the ledger's events into read models.
import { MainstemError } from '@mainstem/event-store';

/** A line was recorded before its document: the stream does not begin with a header. */
export class LineWithoutDocument extends MainstemError {
  constructor(readonly stream: string) {
    super('LEDGER_LINE_WITHOUT_DOCUMENT', `Stream ${stream} has a line before its header event. Look at it with "mainstem stream ${stream}".`);
  }
}
