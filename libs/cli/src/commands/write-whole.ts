// Writes a file all or nothing: a reader sees the former file or the new one.
import { rename, rm, writeFile } from 'node:fs/promises';

/** After a failure the file is as it was. Errors: those of the file system. */
export const writeWhole = async (file: string, text: string): Promise<void> => {
  const written = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(written, text);
    await rename(written, file);
  } catch (error) {
    await rm(written, { force: true });
    throw error;
  }
};
