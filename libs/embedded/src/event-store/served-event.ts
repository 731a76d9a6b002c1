// Events that came through EventStoreDB's protocol into the file: both ways in give the same events.
import type { EventMetadata } from '@mainstem/event-store';
import { LazyRecordedEvent, type StoredEvent } from '@mainstem/event-store/adapter';

/** The keys under which the protocol's adapter stores `correlationId`, `causationId` and its time of sending. */
const CORRELATION = '$correlationId';
const CAUSATION = '$causationId';
const RECORDED_AT = '$recordedAt';

/** True if metadata may hold one of them; a cheap test before parsing. */
export const isServed = (metadataJson: string | undefined): boolean => metadataJson?.includes('"$') === true;

/** The protocol server's own events: metadata of streams, tombstones, links, marks. No handler sees them. */
export const isOfServer = (stream: string, type: string): boolean => type.startsWith('$') || stream.startsWith('$');

/** Shows the metadata under the port's names, with the adapter's time of sending. */
export class ServedEvent extends LazyRecordedEvent {
  readonly #metadataJson: string;
  #metadata: EventMetadata | undefined;

  constructor(stored: StoredEvent) {
    super(stored);
    this.#metadataJson = stored.metadataJson ?? '{}';
  }

  override get recordedAt(): string {
    const recordedAt = parsed(this.#metadataJson)?.[RECORDED_AT];
    return typeof recordedAt === 'string' ? recordedAt : super.recordedAt;
  }

  override get metadata(): EventMetadata {
    return (this.#metadata ??= portMetadata(super.metadata));
  }

  override get metadataText(): string {
    return JSON.stringify(this.metadata);
  }
}

const portMetadata = ({ [CORRELATION]: correlationId, [CAUSATION]: causationId, [RECORDED_AT]: _, ...rest }: EventMetadata): EventMetadata => ({
  ...rest,
  ...(typeof correlationId === 'string' && { correlationId }),
  ...(typeof causationId === 'string' && { causationId }),
});

const parsed = (json: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    return JSON.parse(json) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined; // reported when the metadata is used
  }
};
