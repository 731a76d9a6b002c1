// Digests of a log: of its events in their order, and of its streams whatever the order between them.
import { createHash, hash } from 'node:crypto';
import type { RecordedEvent } from '@mainstem/event-store';
import { eventTextsOf } from '@mainstem/event-store/adapter';

const DIGEST_BYTES = 32;

/** The first part that differs. Payloads count as text, metadata by its values: not every store keeps their order. */
export const differingPart = (left: RecordedEvent, right: RecordedEvent): string | undefined => {
  for (const part of ['stream', 'revision', 'id', 'type'] as const) if (left[part] !== right[part]) return part;
  const [ofLeft, ofRight] = [eventTextsOf(left), eventTextsOf(right)];
  if (ofLeft.dataJson !== ofRight.dataJson) return 'data';
  const isSame = ofLeft.metadataJson === ofRight.metadataJson || metadataOf(left) === metadataOf(right);
  return isSame ? undefined : 'metadata';
};

const metadataOf = ({ metadata }: RecordedEvent): string =>
  JSON.stringify(Object.entries(metadata).toSorted(([left], [right]) => (left < right ? -1 : 1)));

/** Each part with its length before it: no two events give the same text. */
const digestedText = (event: RecordedEvent): string => {
  const { stream, revision, id, type } = event;
  const parts = [stream, String(revision), id, type, eventTextsOf(event).dataJson, metadataOf(event)];
  return parts.map((part) => `${part.length}:${part}`).join('');
};

export class LogDigest {
  readonly #log = createHash('sha256');
  /** Of all events, joined by XOR: no event occurs twice, because its stream and revision are part of it. */
  readonly #streams = Buffer.alloc(DIGEST_BYTES);
  events = 0;
  streams = 0;

  add(event: RecordedEvent): void {
    const digest = hash('sha256', digestedText(event), 'buffer');
    this.#log.update(digest);
    for (let at = 0; at < DIGEST_BYTES; at++) this.#streams[at] = (this.#streams[at] ?? 0) ^ (digest[at] ?? 0);
    this.events++;
    if (event.revision === 0n) this.streams++;
  }

  /** Equal if all events are equal, in the same order. Nothing can be added after it. */
  ofLog(): string {
    return this.#log.digest('hex');
  }

  /** Equal if each stream has the same events at the same revisions. */
  ofStreams(): string {
    return this.#streams.toString('hex');
  }
}
