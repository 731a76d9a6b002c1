// What every command gets besides its own arguments.
import type { ApplicationSettings, MainstemApplication } from '../application.js';
import type { Terminal } from '../terminal/terminal.js';

export interface CliContext {
  readonly application: MainstemApplication;
  readonly settings: ApplicationSettings;
  readonly terminal: Terminal;
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Runs work with something that has to be closed, whatever happens. */
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
