// Which processes a command works on.
import { keyNear } from '@mainstem/process/operate';
import type { MainstemApplication, OpenReadModels, OperatedProcess } from '../application.js';
import { NoProcesses, UnknownInstance, unknownValue } from '../errors.js';

/** All, or the named one. Errors: CLI_NO_PROCESSES, CLI_INVALID_ARGUMENT. */
export const chosenProcesses = (
  { name: application }: Pick<MainstemApplication, 'name'>,
  { processes = [] }: OpenReadModels,
  name: string | undefined,
): readonly OperatedProcess[] => {
  if (processes.length === 0) throw new NoProcesses(application);
  const found = processes.filter(({ manager }) => name === undefined || manager.name === name);
  if (found.length > 0) return found;
  const known = processes.map(({ manager }) => manager.name);
  throw unknownValue('<process>', name ?? '', known);
};

/** The error for a key that the process has no instance of. */
export const unknownInstance = async ({ manager, store }: OperatedProcess, key: string): Promise<UnknownInstance> =>
  new UnknownInstance(manager.name, key, await keyNear({ process: manager.name, store }, key));
