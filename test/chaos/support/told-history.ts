// Told events in memory, which grow when a test wants it.
import { InMemoryEventStore, type Position, type RecordedEvent } from '@mainstem/event-store';
import { toldCommand } from './told-events.js';

export class ToldHistory {
  readonly store = new InMemoryEventStore();
  #commands = 0;

  /** At least so many events in all; their positions count from 1. */
  static async of(events: number): Promise<ToldHistory> {
    const history = new ToldHistory();
    await history.grow(events);
    return history;
  }

  async grow(events: number): Promise<void> {
    while ((await this.head()) < BigInt(events)) {
      const { stream, events: told } = toldCommand(this.#commands++);
      await this.store.append(stream, told, { expectedRevision: 'any' });
    }
  }

  /** 0 while there is none. */
  async head(): Promise<Position> {
    return (await this.store.head()) ?? (0n as Position);
  }

  async events(): Promise<readonly RecordedEvent[]> {
    const all: RecordedEvent[] = [];
    for await (const batch of this.store.readAll()) all.push(...batch);
    return all;
  }
}
