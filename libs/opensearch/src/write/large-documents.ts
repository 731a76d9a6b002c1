// Large documents are tried before their batch is committed: afterwards it would be too late to find that nothing on the way has room for one.
import { InvalidDocument } from '@mainstem/projection/adapter';
import { stateId } from '../layout/names.js';
import type { Intent, StatePlace } from '../layout/state-document.js';
import { reasonIn, type SearchServer } from '../server/search-server.js';
import type { LargeDocument } from './document-lines.js';
import { partOf } from './intents.js';

const BAD_REQUEST = 400;
const TOO_LARGE = 413;

/** Of a change that no document has ever had: the server refuses whatever depends on it. */
const NO_CHANGE = { if_seq_no: Number.MAX_SAFE_INTEGER, if_primary_term: 1 };

/** Of the line before a part: it is a little longer than the one that the trial has. */
const ACTION_LENGTH_MAX = 150;

interface TrialAnswer {
  readonly items?: readonly { readonly index?: { readonly status: number; readonly error?: unknown } }[];
}

/** The documents of a batch that is to be committed by this number. */
export interface LargeDocuments extends Pick<Intent, 'epoch' | 'commit'> {
  readonly documents: readonly LargeDocument[];
}

/**
 * Nothing is written: each is sent as if it were to replace the state document as it was after a change that there never is, and once more as it is stored
 * before it is committed, where that is longer. The server reads and parses it, and then refuses. Errors: READ_STORE_INVALID_DOCUMENT for one that is not
 * taken, and as `SearchServer.request`.
 */
export const assertTaken = async (server: SearchServer, place: StatePlace, { documents, ...batch }: LargeDocuments): Promise<void> => {
  for (const { collection, key, source, operation } of documents) {
    const written = await refusalOf(server, place, source.padEnd(operation.length));
    const part = written === undefined ? await partOf(batch, operation) : '';
    const refused =
      written ?? (part.length > source.length ? await refusalOf(server, place, part.padEnd(part.length + ACTION_LENGTH_MAX)) : undefined);
    if (refused !== undefined)
      throw new InvalidDocument(collection, key, `the search server does not take its ${source.length} characters (${refused})`);
  }
};

const refusalOf = async (server: SearchServer, place: StatePlace, source: string): Promise<string | undefined> => {
  const action = JSON.stringify({ index: { _id: stateId(place.partition), ...NO_CHANGE } });
  const { status, body } = await server.request<TrialAnswer | null>({
    method: 'POST',
    path: `/${place.alias}/_bulk`,
    query: { require_alias: 'true' },
    body: `${action}\n${source}\n`,
    expected: [TOO_LARGE],
  });
  const said = body?.items?.[0]?.index;
  return status === TOO_LARGE ? `${TOO_LARGE}, too large` : said?.status === BAD_REQUEST ? reasonIn(said.error) : undefined;
};
