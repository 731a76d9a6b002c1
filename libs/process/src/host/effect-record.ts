// Records what came of an attempt, in the instance's own stream.
import type { CommandContext } from '@mainstem/aggregate';
import { commandIdFrom } from '@mainstem/aggregate/host';
import { backOffMs, isMainstemError, type Runtime } from '@mainstem/event-store';
import type { ProcessManager } from '../manager/process-manager.js';
import type { EffectCommand } from '../manager/effect-decisions.js';
import { describe } from './effect-attempt.js';
import { isTrouble, ofCommand, type Executor } from './execution.js';

const DELAYS = { retryDelayMs: 100, retryDelayMaxMs: 2_000 };

export interface RecordOptions {
  readonly manager: Pick<ProcessManager, 'aggregate'>;
  readonly executor: Executor;
  readonly runtime: Runtime;
  /** Of the instance. */
  readonly key: string;
  readonly attempt: number;
  readonly contextOf: (commandId: string) => CommandContext;
  /** When others begin another attempt, in milliseconds of the wall clock: nothing has to be told after that. */
  readonly untilMs: number;
  readonly stop: AbortSignal;
}

/**
 * Tries again while the event store has an outage, until another attempt is due or the host stops. An outcome that the
 * process cannot take, such as by a rule that throws, gives the effect up. Errors: those of the event store.
 */
export const record = async (outcome: EffectCommand, options: RecordOptions): Promise<void> => {
  const { manager, executor, runtime, key, attempt, contextOf, untilMs, stop } = options;
  let command = outcome;
  for (let failures = 1; ; failures++) {
    const commandId = commandIdFrom('told', command.request, String(attempt), command.kind);
    try {
      await ofCommand(executor.execute(manager.aggregate, key, command, contextOf(commandId)));
      return;
    } catch (error) {
      if (isOfTheProgram(error) && command.kind !== 'give-up') command = { kind: 'give-up', request: command.request, ...describe(error) };
      else if (stop.aborted || runtime.now() >= untilMs) throw error;
      else await runtime.sleep(backOffMs(DELAYS, failures, runtime.random()), stop);
    }
  }
};

/** No wait mends it. */
const isOfTheProgram = (error: unknown): boolean =>
  !isTrouble(error) && (!isMainstemError(error) || error.code.startsWith('PROCESS_') || error.code.startsWith('AGGREGATE_EVENT_'));
