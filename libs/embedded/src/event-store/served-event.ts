// Events that came through EventStoreDB's protocol into the file: the same events by both ways in.
import { LazyRecordedEvent, type EventMetadata, type StoredEvent } from '@mainstem/event-store';

/** Under these keys the protocol's adapter stores what the port calls `correlationId` and `causationId`, and when it sent the event. */
const CORRELATION = '$correlationId';
const CAUSATION = '$causationId';
const RECORDED_AT = '$recordedAt';

/** Whether metadata may hold one of them; to be looked for before anything is parsed. */
export const isServed = (metadataJson: string | undefined): boolean => metadataJson?.includes('"$') === true;

/** Of the protocol server itself: metadata of streams, tombstones, links, marks. No handler of an application sees them, as with EventStoreDB. */
export const isOfServer = (stream: string, type: string): boolean => type.startsWith('$') || stream.startsWith('$');

/** Shows the metadata under the port's names, and the time at which the adapter sent it. */
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
    return undefined; // told when the metadata are asked for
  }
};
