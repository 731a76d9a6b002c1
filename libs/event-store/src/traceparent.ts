// The trace context that events carry from a command to their readers (W3C Trace Context, version 00).
import type { EventMetadata } from './event.js';

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** True if the text is a trace context that can be stored and followed. */
export const isTraceparent = (value: unknown): value is string => typeof value === 'string' && TRACEPARENT.test(value);

/** The trace context of an event; undefined if there is none or it is invalid, whatever its source. */
export const traceparentOf = ({ traceparent }: EventMetadata): string | undefined => (isTraceparent(traceparent) ? traceparent : undefined);
