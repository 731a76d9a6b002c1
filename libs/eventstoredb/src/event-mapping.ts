// Events of the port on their way to the server, and which of the server's events are the port's.
import type { EncodedEvent } from '@mainstem/event-store/adapter';
import { CAUSATION, CORRELATION, RECORDED_AT } from './recorded-event.js';

/** The most that `wireMetadata` adds: the time, its name, a comma, and a letter for each name of the server. */
export const ADDED_METADATA_BYTES = `,"${RECORDED_AT}":"2026-01-01T00:00:00.000Z"`.length + 2;

/** Metadata in the server's names, with the time of recording: `now`, or for a copy that of its source. */
export const wireMetadata = ({ metadataJson, recordedAt: ofSource }: EncodedEvent, now: string): string => {
  const recordedAt = ofSource ?? now;
  if (!isFlat(metadataJson)) return renamed(metadataJson, recordedAt);
  // Keys of a flat object: the text of a value cannot look like one, because its quotes are escaped.
  const inner = metadataJson.slice(1, -1).replace('"correlationId":', `"${CORRELATION}":`).replace('"causationId":', `"${CAUSATION}":`);
  return `{${inner}${inner === '' ? '' : ','}"${RECORDED_AT}":"${recordedAt}"}`;
};

/** No object or list inside, and no key that may be one of the server's already. */
const isFlat = (json: string): boolean => json.indexOf('{', 1) < 0 && !json.includes('[') && !json.includes('"$');

const renamed = (json: string, recordedAt: string): string => {
  const { correlationId, causationId, ...rest } = JSON.parse(json) as Record<string, unknown>;
  return JSON.stringify({
    ...rest,
    ...(correlationId !== undefined && { [CORRELATION]: correlationId }),
    ...(causationId !== undefined && { [CAUSATION]: causationId }),
    [RECORDED_AT]: recordedAt,
  });
};

/** Events of the store itself, of its projections and of this adapter: no handler sees them. */
export const isSystemEvent = ({ type, stream }: { readonly type: string; readonly stream: string }): boolean =>
  type.startsWith('$') || stream.startsWith('$');
