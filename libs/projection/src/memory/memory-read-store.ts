// The read store for unit tests and demonstrations: it keeps everything in maps and loses it when the process ends.
import { systemRuntime, type Runtime } from '@mainstem/event-store';
import type { ProjectionDocument } from '../read-store/read-store.js';
import { RecordedReadStore } from '../record/recorded-read-store.js';
import { decodeDocument } from './memory-generation.js';
import { MemoryRecords } from './memory-records.js';
import type { MemoryTransaction } from './memory-session.js';

/** Keeps documents as JSON text, so that it loses what a real store would lose. */
export class MemoryReadStore extends RecordedReadStore<MemoryTransaction> {
  readonly #records: MemoryRecords;

  constructor(name = 'memory', runtime: Runtime = systemRuntime) {
    const records = new MemoryRecords(name, runtime);
    super(records, runtime);
    this.#records = records;
  }

  /** Documents of a serving collection, without the engine's bookkeeping, by key in order of code units. */
  documents<Document extends object = ProjectionDocument>(collection: string): ReadonlyMap<string, Document> {
    const texts = this.#records.served(collection);
    return new Map([...texts.keys()].sort().map((key) => [key, shown<Document>(texts.get(key) ?? '{}')]));
  }
}

const shown = <Document extends object>(text: string): Document => {
  const { $state: _, ...document } = decodeDocument(text) as { $state?: string };
  return document as Document;
};
