// A pause: an operator's note that no projector may write a projection.
import type { Note } from './note.js';

export interface Pause {
  /** User and machine, as far as they are known. */
  readonly by: string;
  /** When, by the operator's clock. ISO 8601 in UTC. */
  readonly at: string;
  readonly reason?: string;
}

export const PAUSE_NOTE = 'pause';

/** The pause of a projection among the notes of several; undefined if it has none. */
export const pauseIn = (notes: readonly Note[], projection: string): Pause | undefined => {
  const note = notes.find((one) => one.projection === projection && one.name === PAUSE_NOTE);
  return note && decodePause(note.text);
};

export const encodePause = (pause: Pause): string => JSON.stringify(pause);

/** A text that cannot be read pauses, too: a newer program may have written it. */
const decodePause = (text: string): Pause => {
  try {
    const { by, at, reason } = Object(JSON.parse(text)) as Partial<Record<keyof Pause, unknown>>;
    return { by: textOf(by), at: textOf(at), ...(typeof reason === 'string' && { reason }) };
  } catch {
    return { by: UNKNOWN, at: UNKNOWN };
  }
};

const UNKNOWN = 'unknown';
const textOf = (value: unknown): string => (typeof value === 'string' ? value : UNKNOWN);

/** As the reason of a state: code and words. */
export const pausedText = ({ by, at, reason }: Pause): string => `PROJECTION_PAUSED: by ${by} at ${at}${reason === undefined ? '' : `: ${reason}`}`;
