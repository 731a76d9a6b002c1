// Looks again and again, until Ctrl-C or a time: over the former look on a terminal, one block after the other without.
import { inTime, isMainstemError, systemRuntime } from '@mainstem/event-store';
import { NoAnswer } from '../errors.js';
import { toJson } from '../format/json.js';
import { INTERRUPTED } from '../terminal/stop-signal.js';
import type { CliContext } from './cli-context.js';

export interface Look {
  readonly lines: readonly string[];
  /** The exit code if it is the last one. */
  readonly code: number;
}

/** A timer may end so much before its time. */
const TIMER_STEP_MS = 1;
/** What a timer takes. */
export const PACE_S_MAX = 2_147_483;

/** At most PACE_S_MAX seconds each. */
export interface WatchPace {
  readonly intervalMs: number;
  /** Absent: until Ctrl-C. */
  readonly forMs?: number;
}

/**
 * The code of the last look, or 130 after Ctrl-C, also while a look gets no answer. A look that fails is shown as its
 * error, with code 1, and the next one follows. One without an answer ends with the time, the last one an interval
 * later at most: it is shown as CLI_NO_ANSWER.
 */
export const watchLooks = async (
  { terminal, signal }: Pick<CliContext, 'terminal' | 'signal'>,
  look: () => Promise<Look>,
  { intervalMs, forMs = Infinity, isJson }: WatchPace & { readonly isJson: boolean },
): Promise<number> => {
  const endsAtMs = performance.now() + forMs;
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  for (let isFirst = true; ; isFirst = false) {
    const looked = answered(look, Math.max(endsAtMs - performance.now(), intervalMs));
    const seen = await Promise.race([looked.catch((error: unknown) => troubled(error, isJson)), stopped]);
    if (!seen || signal.aborted) return INTERRUPTED;
    if (terminal.redraw && !isJson) await terminal.redraw([...seen.lines, '', `${timeText()}, every ${intervalMs / 1_000} s; Ctrl-C ends.`]);
    else {
      if (!isJson) await terminal.print(`${isFirst ? '' : '\n'}${timeText()}`);
      for (const line of seen.lines) await terminal.print(line);
    }
    const leftMs = endsAtMs - performance.now();
    if (leftMs < TIMER_STEP_MS) return seen.code;
    await systemRuntime.sleep(Math.min(intervalMs, leftMs), signal);
    if (signal.aborted) return INTERRUPTED;
  }
};

const answered = (look: () => Promise<Look>, withinMs: number): Promise<Look> =>
  withinMs === Infinity
    ? look()
    : inTime(look(), withinMs, systemRuntime, () => {
        throw new NoAnswer(withinMs / 1_000);
      });

const timeText = (): string => new Date().toISOString();

const troubled = (error: unknown, isJson: boolean): Look => {
  if (!isMainstemError(error)) throw error;
  const { code, message } = error;
  return { lines: [isJson ? toJson({ code, message }) : `${code}: ${message}`], code: 1 };
};
