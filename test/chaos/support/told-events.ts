// Events whose content follows from their command, so that every reader knows what was appended.
import { eventIdOf, streamName, type NewEvent, type StreamName } from '@mainstem/event-store';
import { seededRandom } from '@mainstem/testing';

const STREAMS = 40;
const TEXT_MAX = 1_200;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzäöüß€𝄞 0123456789';

export interface ToldCommand {
  readonly stream: StreamName;
  readonly events: readonly NewEvent[];
}

/** The same number makes the same command, in every process. */
export const toldCommand = (number: number): ToldCommand => {
  const random = seededRandom(number);
  const stream = streamName(`told-${random.int(1, STREAMS)}`);
  const events = Array.from({ length: random.int(1, 4) }, (_, index): NewEvent => {
    const start = random.int(0, LETTERS.length - 1);
    const text = (LETTERS.slice(start) + LETTERS.slice(0, start)).repeat(60).slice(0, random.int(10, TEXT_MAX));
    return {
      id: eventIdOf(`told-${number}`, stream, index),
      type: random.pick(['Noted', 'Counted', 'Measured']),
      data: { number, index, text: text.toWellFormed(), amount: random.int(-1_000, 1_000) },
      metadata: { commandId: `told-${number}` },
    };
  });
  return { stream, events };
};
