// A bounded memory of documents: the least recent ones are forgotten.

export class RecentDocuments<Known> {
  readonly #documents = new Map<string, { readonly known: Known; readonly weight: number }>();
  #weight = 0;
  #last: string | undefined;

  /** @param weightMax the limit of their weights together; the last one is kept whatever its weight. */
  constructor(private readonly weightMax: number) {}

  /** Returns what is known of a document, and marks it as recent. */
  get(stream: string): Known | undefined {
    const document = this.#documents.get(stream);
    if (!document) return undefined;
    if (stream !== this.#last) {
      this.#documents.delete(stream);
      this.#documents.set(stream, document);
      this.#last = stream;
    }
    return document.known;
  }

  set(stream: string, known: Known, weight = 1): void {
    this.#weight += weight - (this.#documents.get(stream)?.weight ?? 0);
    this.#documents.delete(stream);
    this.#documents.set(stream, { known, weight });
    this.#last = stream;
    for (const [oldest, document] of this.#documents) {
      if (this.#weight <= this.weightMax || oldest === stream) return;
      this.#documents.delete(oldest);
      this.#weight -= document.weight;
    }
  }
}
