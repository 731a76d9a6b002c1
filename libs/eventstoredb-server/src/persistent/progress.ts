// The progress of a group: how much has left its buffer, and when that makes a checkpoint due.
import type { GroupSettings } from './group-settings.js';
import type { Message } from './message.js';
import type { Place } from './source.js';

export type CheckpointRule = Pick<GroupSettings, 'checkpointAfterMs' | 'checkpointCountMin' | 'checkpointCountMax'>;

export class Progress {
  readonly #rule: CheckpointRule;
  /** Number of the last message that left the buffer, −1 before the first. */
  #sequence: number;
  #place: Place | undefined;
  #checkpoint: Place | undefined;
  #checkpointSequence: number;
  #checkpointAtMs = Number.NEGATIVE_INFINITY;

  /** `checkpoint` is where the group resumes. */
  constructor(rule: CheckpointRule, checkpoint: Place | undefined) {
    this.#rule = rule;
    this.#place = checkpoint;
    this.#checkpoint = checkpoint;
    this.#sequence = checkpoint === undefined ? -1 : 0;
    this.#checkpointSequence = this.#sequence;
  }

  /** The last message, as far as it was given out. */
  get checkpoint(): Place | undefined {
    return this.#checkpoint;
  }

  /** A message that leaves the buffer for the first time. Call `left` when it has left. */
  numbered(message: Message): Message {
    return { ...message, sequence: this.#sequence + 1, previousPlace: this.#place };
  }

  left({ place }: Message): void {
    this.#sequence++;
    this.#place = place;
  }

  /** This many events up to there were not wanted. Call it only when no message waits in the buffer. */
  skipped(place: Place, count: number): void {
    if (this.#place !== undefined && place <= this.#place) return;
    this.#sequence += count;
    this.#place = place;
  }

  /** The place to note if a checkpoint is due: all up to it is answered. `lowest` is the first unanswered message. */
  dueCheckpoint(lowest: Message | undefined, { nowMs, isTick }: { readonly nowMs: number; readonly isTick: boolean }): Place | undefined {
    const sequence = lowest?.sequence === undefined ? this.#sequence : lowest.sequence - 1;
    const place = lowest ? lowest.previousPlace : this.#place;
    const gain = sequence - this.#checkpointSequence;
    if (place === undefined || gain <= 0) return undefined;
    const { checkpointAfterMs, checkpointCountMin, checkpointCountMax } = this.#rule;
    const isMany = gain >= checkpointCountMax;
    const isTime = checkpointAfterMs > 0 && nowMs - this.#checkpointAtMs >= checkpointAfterMs;
    if (!isMany && !(isTime && isTick && gain >= checkpointCountMin)) return undefined;
    this.#checkpointAtMs = nowMs;
    this.#checkpointSequence = sequence;
    this.#checkpoint = place;
    return place;
  }
}
