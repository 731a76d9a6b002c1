// Cuts the data file: its first lines, as a file of their own.
import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

/** Writes the first `lines` lines of a file, gzipped or plain, to another one. */
export const writePrefix = async (source: string, lines: number, target: string): Promise<void> => {
  const bytes = createReadStream(source);
  const input = source.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  const output = createWriteStream(target);
  let left = lines;
  for await (const line of createInterface({ input })) {
    if (left-- === 0) break;
    if (!output.write(`${line}\n`)) await once(output, 'drain');
  }
  bytes.destroy();
  output.end();
  await once(output, 'close');
};
