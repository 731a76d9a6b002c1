// Projections that show every event which is applied twice or not at all, in the stores where instances share them out.
import { defineEvents } from '@mainstem/event-store';
import { documentProjection, type HostedProjection, type ReadStore } from '@mainstem/projection';
import { EmbeddedCacheStore } from '@mainstem/embedded';
import { SqlReadStore, type SqlLocation } from '@mainstem/sql';
import { Column, Entity, PrimaryColumn } from 'typeorm';

class ToldData {
  amount!: number;
}
const toldEvents = defineEvents('told', { Noted: ToldData, Counted: ToldData, Measured: ToldData });

/** How many events a key has, and the sum of what they say. */
export interface Tally {
  readonly key: string;
  readonly events: number;
  readonly total: number;
}

@Entity('tallies')
class StreamTally implements Tally {
  @PrimaryColumn('text') key!: string;
  @Column('integer') events!: number;
  @Column('integer') total!: number;
}

@Entity('grand_tallies')
class GrandTally implements Tally {
  @PrimaryColumn('text') key!: string;
  @Column('integer') events!: number;
  @Column('integer') total!: number;
}

const tallied = (name: string, document: new () => Tally, key: (stream: string) => string) => {
  const count = (tally: Tally | null, { data }: { readonly data: ToldData }, of: string): Tally => ({
    key: of,
    events: (tally?.events ?? 0) + 1,
    total: (tally?.total ?? 0) + data.amount,
  });
  return documentProjection({
    name,
    version: 1,
    document,
    events: [toldEvents],
    key: (event) => key(event.stream),
    evolve: { Noted: count, Counted: count, Measured: count },
  });
};

const talliesIn = (store: ReadStore): readonly HostedProjection[] => [
  { projection: tallied(`${store.name}-tallies`, StreamTally, (stream) => stream), store },
  { projection: tallied(`${store.name}-grand-tallies`, GrandTally, () => 'all'), store },
];

export interface TallyStores {
  readonly sql: SqlReadStore;
  readonly projections: readonly HostedProjection[];
  close(): Promise<void>;
}

/** `postgres`: the SQL store of this URL; else SQL and cache in the folder. */
export const openTallies = async (dir: string, postgres: string | undefined): Promise<TallyStores> => {
  const location: SqlLocation = postgres ? { url: postgres } : { dir };
  const sql = await SqlReadStore.open(location, { entities: [StreamTally, GrandTally] });
  const stores: readonly ReadStore[] = postgres ? [sql] : [sql, await EmbeddedCacheStore.open({ dir })];
  return {
    sql,
    projections: stores.flatMap(talliesIn),
    close: async () => {
      for (const store of stores) await store.close();
    },
  };
};
