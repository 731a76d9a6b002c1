// Tries large documents before their batch is committed: later it would be too late to find that one is too large.
import { InvalidDocument } from '@mainstem/projection/adapter';
import { stateId } from '../layout/names.js';
import type { Intent, StatePlace } from '../layout/state-document.js';
import { reasonIn, type OpenSearchConnection } from '../server/opensearch-connection.js';
import type { LargeDocument } from './document-lines.js';
import { partOf } from './intents.js';

const BAD_REQUEST = 400;
const TOO_LARGE = 413;

/** Names a change that no document has ever had: the server refuses the request. */
const NO_CHANGE = { if_seq_no: Number.MAX_SAFE_INTEGER, if_primary_term: 1 };

/** The length of the line before a part, which is a little longer than that of the trial. */
const ACTION_LENGTH_MAX = 150;

interface TrialAnswer {
  readonly items?: readonly { readonly index?: { readonly status: number; readonly error?: unknown } }[];
}

/** The documents of a batch with this commit number. */
export interface LargeDocuments extends Pick<Intent, 'epoch' | 'commit'> {
  readonly documents: readonly LargeDocument[];
}

/**
 * Tries documents without writing them. Each is sent as a replacement of the state document under an impossible
 * condition: the server reads and parses it, then refuses. If the stored form is longer, that one is sent, too. Errors:
 * READ_STORE_INVALID_DOCUMENT for a document that is not accepted, those of `SearchServer.request`.
 */
export const assertTaken = async (connection: OpenSearchConnection, place: StatePlace, { documents, ...batch }: LargeDocuments): Promise<void> => {
  for (const { collection, key, source, operation } of documents) {
    const written = await refusalOf(connection, place, source.padEnd(operation.length));
    const part = written === undefined ? await partOf(batch, operation) : '';
    const refused =
      written ?? (part.length > source.length ? await refusalOf(connection, place, part.padEnd(part.length + ACTION_LENGTH_MAX)) : undefined);
    if (refused !== undefined)
      throw new InvalidDocument(collection, key, `the search server does not accept its ${source.length} characters (${refused})`);
  }
};

const refusalOf = async (connection: OpenSearchConnection, place: StatePlace, source: string): Promise<string | undefined> => {
  const action = JSON.stringify({ index: { _id: stateId(place.partition), ...NO_CHANGE } });
  const { status, body } = await connection.request<TrialAnswer | null>({
    method: 'POST',
    path: `/${place.alias}/_bulk`,
    query: { require_alias: 'true' },
    body: `${action}\n${source}\n`,
    expected: [TOO_LARGE],
  });
  const said = body?.items?.[0]?.index;
  return status === TOO_LARGE ? `${TOO_LARGE}, too large` : said?.status === BAD_REQUEST ? reasonIn(said.error) : undefined;
};
