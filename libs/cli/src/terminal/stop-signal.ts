// Ctrl-C as an AbortSignal: the first one asks for a clean end, the second one ends the process at once.

/** Exit code of a process that the user interrupted, by the convention of shells. */
export const INTERRUPTED = 130;

export interface StopSignal {
  readonly signal: AbortSignal;
  stop(): void;
  /** Stops listening. */
  dispose(): void;
}

/** npm and the terminal may both deliver one press of Ctrl-C. */
const SAME_PRESS_MS = 300;

export const stopSignal = (): StopSignal => {
  const controller = new AbortController();
  let stoppedAt: number | undefined;
  const onSignal = (): void => {
    if (stoppedAt !== undefined && performance.now() - stoppedAt > SAME_PRESS_MS) process.exit(INTERRUPTED);
    stoppedAt ??= performance.now();
    controller.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    stop: () => controller.abort(),
    dispose: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
};
