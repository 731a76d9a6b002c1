// Searches in one point in time of an index that goes on changing.
import type { OpenSearchConnection } from '../server/opensearch-connection.js';

const KEEP_ALIVE = '10m';

interface ViewAnswer<Source> {
  readonly pit_id?: string;
  readonly hits: { readonly hits: readonly { readonly _source: Source }[] };
}

/**
 * Runs `work` on the present content of the index. The server keeps it until `work` ends, with at most ten minutes
 * between two reads. Errors: READ_STORE_UNAVAILABLE, and those of `work`.
 */
export const withView = async <Result>(connection: OpenSearchConnection, index: string, work: (view: View) => Promise<Result>): Promise<Result> => {
  await connection.request({ method: 'POST', path: `/${index}/_refresh` });
  const { flavour } = connection;
  const opened = await connection.request<Readonly<Record<string, string>>>({
    method: 'POST',
    path: flavour.openPointInTime(index),
    query: { keep_alive: KEEP_ALIVE },
  });
  const id = opened.body[flavour.pointInTimeId] ?? '';
  try {
    return await work(new View(connection, id));
  } finally {
    // If it cannot be closed now, it closes when its time is over.
    await connection
      .request({ method: 'DELETE', path: flavour.closePointInTime, body: flavour.closeBody(id), expected: [404] })
      .catch(() => undefined);
  }
};

/** The search for a page of a collection, by key. */
export const pageOf = (collection: string, { after, size }: { readonly after: string | undefined; readonly size: number }): object => ({
  size,
  query: { bool: { filter: [{ term: { kind: 'document' } }, { term: { collection } }] } },
  sort: [{ key: 'asc' }],
  ...(after !== undefined && { search_after: [after] }),
});

export class View {
  #id: string;

  constructor(
    readonly connection: OpenSearchConnection,
    id: string,
  ) {
    this.#id = id;
  }

  async answer(body: object): Promise<ViewAnswer<never>> {
    const request = JSON.stringify({ ...body, pit: { id: this.#id, keep_alive: KEEP_ALIVE } });
    const answer = await this.connection.request<ViewAnswer<never>>({ method: 'POST', path: '/_search', body: request });
    this.#id = answer.body.pit_id ?? this.#id;
    return answer.body;
  }

  async search<Source>(body: object): Promise<readonly Source[]> {
    return (await this.answer(body)).hits.hits.map(({ _source }) => _source as Source);
  }
}
