// The sources of an application as texts, and texts as files: all of them, or none.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Files } from '@mainstem/schematics';

const FOLDERS = ['src', 'apps', 'libs', 'test'];
const LEFT_OUT = new Set(['node_modules', 'dist']);
/** An application has some hundred; more would be another kind of folder. */
const FILES_MAX = 20_000;

/** The TypeScript files of an application, by path with slashes. */
export const readSources = async (folder: string): Promise<Files> => {
  const files = new Map<string, string>();
  const visit = async (below: string): Promise<void> => {
    const entries = await readdir(path.join(folder, below), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const entry of entries) {
      const at = `${below}/${entry.name}`;
      if (entry.isDirectory() && !LEFT_OUT.has(entry.name)) await visit(at);
      if (entry.isFile() && entry.name.endsWith('.ts') && files.size < FILES_MAX) files.set(at, await readFile(path.join(folder, at), 'utf8'));
    }
  };
  for (const below of FOLDERS) await visit(below);
  return files;
};

/** Writes every file beside its place first; so a full disk or an interruption leaves all of them as they were. */
export const writeFiles = async (folder: string, files: Files, signal: AbortSignal): Promise<void> => {
  const suffix = `.${randomUUID().slice(0, 8)}.partial`;
  const places = [...files.keys()].map((file) => path.join(folder, file));
  try {
    for (const [file, text] of files) {
      if (signal.aborted) return;
      const place = path.join(folder, file);
      await mkdir(path.dirname(place), { recursive: true });
      await writeFile(`${place}${suffix}`, text);
    }
    for (const place of places) await rename(`${place}${suffix}`, place);
  } finally {
    for (const place of places) await rm(`${place}${suffix}`, { force: true });
  }
};
