// Finds the application of the command line: the nearest package.json that names one.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { assertCategoriesDiffer } from '@mainstem/event-store';
import type { MainstemApplication } from './application.js';
import { NoApplication, UnusableApplication } from './errors.js';

/** The application of a folder or the nearest one above. Errors: CLI_NO_APPLICATION, CLI_UNUSABLE_APPLICATION. */
export const loadApplication = async (folder: string): Promise<MainstemApplication> => {
  const file = applicationFile(folder);
  if (!existsSync(file)) throw new UnusableApplication(file, 'the file does not exist. Build the application first (npm run build).');
  let exported: { readonly application?: unknown };
  try {
    exported = (await import(pathToFileURL(file).href)) as { readonly application?: unknown };
  } catch (error) {
    throw new UnusableApplication(file, `it cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (!isApplication(exported.application)) throw new UnusableApplication(file, 'it has no export "application" made with defineApplication.');
  assertCategoriesDiffer(exported.application.aggregates.map(({ category }) => category));
  return exported.application;
};

/** Path of the application's module, from the nearest package.json that names one. Errors: CLI_NO_APPLICATION. */
export const applicationFile = (folder: string): string => applicationPlace(folder).file;

/** The folder of that package.json. Errors: CLI_NO_APPLICATION. */
export const applicationFolder = (folder: string): string => applicationPlace(folder).folder;

const applicationPlace = (folder: string): { readonly folder: string; readonly file: string } => {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const application = applicationIn(path.join(at, 'package.json'));
    if (application !== undefined) return { folder: at, file: path.resolve(at, application) };
    if (at === path.dirname(at)) throw new NoApplication(folder);
  }
};

const applicationIn = (packageFile: string): string | undefined => {
  if (!existsSync(packageFile)) return undefined;
  try {
    const { mainstem } = JSON.parse(readFileSync(packageFile, 'utf8')) as { mainstem?: { application?: unknown } };
    return typeof mainstem?.application === 'string' ? mainstem.application : undefined;
  } catch (error) {
    throw new UnusableApplication(packageFile, 'it is not readable JSON.', error);
  }
};

const isApplication = (value: unknown): value is MainstemApplication => {
  const candidate = value as Partial<MainstemApplication> | null | undefined;
  return typeof candidate?.openEvents === 'function' && typeof candidate.openReadModels === 'function' && Array.isArray(candidate.aggregates);
};
