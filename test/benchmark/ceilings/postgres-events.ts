// Reads a log in PostgreSQL as directly as Node can: one prepared statement by key, arrays instead of objects.
import pg from 'pg';
import type { JobContext, Sample } from '../job.js';
import type { EventRow } from './event-source.js';

const PAGE = 10_000;

/** A bounded page at a time. Names get numbers as they are met. */
export class PostgresEvents {
  readonly streams = new Names();
  readonly types = new Names();

  constructor(
    readonly client: pg.Client,
    readonly schema: string,
  ) {}

  async *pages(page = PAGE): AsyncGenerator<readonly EventRow[]> {
    for (let after = 0; ;) {
      const { rows } = await this.client.query<string[]>({
        name: 'page',
        text: `SELECT position, id, stream, revision, type, recorded_at_ms, data, metadata FROM ${this.schema}.events
          WHERE position > $1 ORDER BY position LIMIT $2`,
        values: [after, page],
        rowMode: 'array',
      });
      if (rows.length === 0) return;
      const events = rows.map(
        ([position, id, stream, revision, type, recordedAt, data, metadata]) =>
          [
            Number(position),
            id,
            this.streams.numberOf(stream as string),
            Number(revision),
            this.types.numberOf(type as string),
            Number(recordedAt),
            data,
            metadata,
          ] as unknown as EventRow,
      );
      yield events;
      after = events.at(-1)?.[0] ?? 0;
    }
  }
}

/** Of the log with the data, on a connection of its own. */
export const withEvents = async ({ postgresUrl, postgresLog }: JobContext, work: (events: PostgresEvents) => Promise<Sample>): Promise<Sample> => {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    return await work(new PostgresEvents(client, postgresLog));
  } finally {
    await client.end();
  }
};

class Names {
  readonly known: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.known.push(name) - 1;
    this.#numbers.set(name, number);
    return number;
  }
}
