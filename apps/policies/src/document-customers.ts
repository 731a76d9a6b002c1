// Whose document a line belongs to: its first event says it, and never changes.
import { LineWithoutDocument } from '#apps/read-models/src/errors.js';
import { RecentDocuments } from '#src/import/recent-documents.js';
import { streamName, type EventReader } from '@mainstem/event-store';

/** Documents whose customer is remembered. */
const DOCUMENTS_MAX = 10_000;

export class DocumentCustomers {
  readonly #recent = new RecentDocuments<string | null>(DOCUMENTS_MAX);

  constructor(private readonly reader: Pick<EventReader, 'readStream'>) {}

  /** What a header says: its lines then need no read. */
  learn(document: string, customerId: string | null): void {
    this.#recent.set(document, customerId);
  }

  /** Null: the document has no customer. Errors: LINE_WITHOUT_DOCUMENT, and those of the reader. */
  async of(document: string): Promise<string | null> {
    const known = this.#recent.get(document);
    if (known !== undefined) return known;
    for await (const [header] of this.reader.readStream(streamName(document), { limit: 1 })) {
      if (!header) continue;
      const { customerId } = header.data as { readonly customerId: string | null };
      this.learn(document, customerId);
      return customerId;
    }
    throw new LineWithoutDocument(document);
  }
}
