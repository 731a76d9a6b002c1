// What every command gets besides its arguments.
import { assertCategoriesDiffer } from '@mainstem/event-store';
import type { ApplicationSettings, MainstemApplication, OpenReadModels } from '../application.js';
import type { Terminal } from '../terminal/terminal.js';
import { hostedIn } from './hosted-in.js';
import { withProcesses } from './hosted-processes.js';
import { LateExecutor } from './late-executor.js';

export interface CliContext {
  readonly application: MainstemApplication;
  readonly settings: ApplicationSettings;
  readonly terminal: Terminal;
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Runs work with something that is closed afterwards, whatever happens. */
export const using = async <Resource extends { close(): Promise<void> }, Result>(
  open: Promise<Resource>,
  work: (resource: Resource) => Promise<Result>,
): Promise<Result> => {
  const resource = await open;
  try {
    return await work(resource);
  } finally {
    await resource.close();
  }
};

/**
 * Runs work with the read models, those of processes among them. Errors: EVENT_STORE_AMBIGUOUS_CATEGORY if categories
 * could share a stream.
 */
export const usingReadModels = <Result>(
  { application, settings }: Pick<CliContext, 'application' | 'settings'>,
  work: (readModels: OpenReadModels) => Promise<Result>,
): Promise<Result> =>
  using(application.openReadModels(settings), (given) =>
    using(Promise.resolve(new LateExecutor(application, settings)), (executor) => {
      const readModels = withProcesses(given, executor);
      const read = hostedIn(readModels).flatMap(({ projection }) => projection.wanted.categories);
      assertCategoriesDiffer([...application.aggregates.map(({ category }) => category), ...read]);
      return work(readModels);
    }),
  );
