// mainstem add: generates code in the application of this folder, and registers it.
import path from 'node:path';
import type { Files } from '@mainstem/schematics';
import { applicationFolder } from '../load-application.js';
import type { Surroundings } from '../surroundings.js';
import { INTERRUPTED } from '../terminal/stop-signal.js';
import { readSources, writeFiles } from './folder-files.js';
import { loadGenerators, type Generators } from './generators.js';

export interface AddOptions {
  /** True: shows a unified diff, and writes nothing. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Exit code 0: everything is there now, or was before. 130: interrupted, nothing was written. Errors:
 * CLI_NO_APPLICATION, CLI_GENERATORS_MISSING, and those of the generator; nothing was written then.
 */
export const addTo = async (
  { folder, terminal, signal }: Surroundings,
  { dryRun = false }: AddOptions,
  generate: (generators: Generators, files: Files) => Files,
): Promise<number> => {
  const application = applicationFolder(folder);
  const generators = await loadGenerators();
  const before = await readSources(application);
  const changes = generators.changesOf(before, generate(generators, before));
  if (changes.size === 0) {
    await terminal.print('Nothing to change: it is there already.');
    return 0;
  }
  if (dryRun) {
    for (const [file, text] of changes) await terminal.print(generators.unifiedDiff(file, before.get(file), text));
    return 0;
  }
  await writeFiles(application, changes, signal);
  if (signal.aborted) return INTERRUPTED;
  const said = [...changes.keys()].map(
    (file) => `${before.has(file) ? 'changed' : 'made   '} ${path.relative(folder, path.join(application, file))}`,
  );
  await terminal.print(said.join('\n'));
  return 0;
};
