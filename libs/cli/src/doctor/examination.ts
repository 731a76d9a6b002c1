// What mainstem doctor found about one thing, and the bound on every look.
import { isMainstemError } from '@mainstem/event-store';

export interface Finding {
  readonly problem: string;
  readonly cure: string;
}

export interface Examination {
  /** What was looked at. */
  readonly subject: string;
  /** What is so, without a judgement. */
  readonly facts: readonly string[];
  readonly findings: readonly Finding[];
  /** Why it was not looked at; absent if it was. */
  readonly skipped?: string;
}

export interface LookOptions {
  /** The time limit of one look. */
  readonly timeoutMs: number;
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * One look: a failure, and one that does not end in time, is a finding with the cure. The work itself goes on behind
 * it, so it must close what it opens. Rejects only when the signal fires.
 */
export const looked = async (
  subject: string,
  cure: string,
  { timeoutMs, signal }: LookOptions,
  work: () => Promise<Omit<Examination, 'subject'>>,
): Promise<Examination> => {
  // Not AbortSignal.timeout: its timer lets the process end while it waits.
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    return { subject, ...(await Promise.race([work(), abortOf(AbortSignal.any([signal, late.signal]))])) };
  } catch (error) {
    signal.throwIfAborted();
    const problem = late.signal.aborted ? `did not answer within ${timeoutMs / 1_000} s` : problemOf(error);
    return { subject, facts: [], findings: [{ problem, cure: isMissing(error) ? CURE_MISSING : cure }] };
  } finally {
    clearTimeout(timer);
  }
};

const abortOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

const CURE_MISSING = 'The first start of the application or the first import makes it; --dir names another folder, and its setting another schema.';

/** Files or tables that were never made, or are elsewhere. */
const isMissing = (error: unknown): boolean => isMainstemError(error, 'EVENT_STORE_CANNOT_OPEN', 'READ_STORE_CANNOT_OPEN');

/** Code and message; the messages of typed errors say what to do. */
const problemOf = (error: unknown): string => {
  if (isMainstemError(error)) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
};
