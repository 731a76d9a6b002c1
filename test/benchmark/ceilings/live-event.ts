// A row of the events file as the pure functions of the projections take it, decoded at most once.
import type { RecordedEvent } from '@mainstem/event-store';
import type { EventRow } from './event-source.js';

/** Not exported by the framework: a plain object with two lazy fields. */
class LiveEvent {
  #data: unknown;
  #metadata: unknown;

  constructor(
    readonly stream: string,
    readonly type: string,
    private readonly row: EventRow,
  ) {}

  get position(): bigint {
    return BigInt(this.row[0]);
  }
  get revision(): bigint {
    return BigInt(this.row[3]);
  }
  get recordedAt(): string {
    return new Date(this.row[5]).toISOString();
  }
  get data(): unknown {
    return (this.#data ??= JSON.parse(this.row[6]));
  }
  get metadata(): unknown {
    return (this.#metadata ??= JSON.parse(this.row[7]));
  }
}

export const liveEvents = (page: readonly EventRow[], streams: readonly string[], types: readonly string[]): readonly RecordedEvent[] =>
  page.map((row) => new LiveEvent(streams[row[2]] as string, types[row[4]] as string, row)) as unknown as readonly RecordedEvent[];
