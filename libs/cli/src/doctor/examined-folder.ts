// The folder of the embedded stores: there, writable with its files, not open to all, on a disk with room.
import { constants } from 'node:fs';
import { access, readdir, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Examination, Finding } from './examination.js';

/** With less, a busy application fills the disk before the next look. */
const FREE_BYTES_MIN = 512 * 1024 ** 2;
const WRITABLE_BY_ALL = 0o002;

/** Changes nothing. Errors: those of the file system besides a missing folder. */
export const examinedFolder = async (dir: string): Promise<Omit<Examination, 'subject'>> => {
  const found = await stat(dir).catch(orUndefined);
  if (!found) return only('it does not exist', 'The first start of the application or the first import makes it; --dir names another folder.');
  if (!found.isDirectory()) return only('it is no folder', 'Name a folder with --dir or MAINSTEM_DIR.');
  const findings: Finding[] = [];
  const files = (await readdir(dir)).filter((name) => /\.db(-wal|-shm)?$/.test(name));
  for (const at of [dir, ...files.map((name) => path.join(dir, name))]) {
    if (!(await isUsable(at))) findings.push({ problem: `this user cannot read and write ${at}`, cure: 'Run as its owner, or change its owner.' });
  }
  if ((found.mode & WRITABLE_BY_ALL) !== 0)
    findings.push({ problem: 'every user of this machine can write to it', cure: `Take that right away: chmod o-rwx ${dir}` });
  const { bavail, bsize } = await statfs(dir);
  const freeBytes = bavail * bsize;
  if (freeBytes < FREE_BYTES_MIN)
    findings.push({ problem: `its disk has ${megabytes(freeBytes)} left`, cure: 'Make room: without it appends and read models stop.' });
  return { facts: [`${files.length} files of stores`, `${megabytes(freeBytes)} free`], findings };
};

const only = (problem: string, cure: string): Omit<Examination, 'subject'> => ({ facts: [], findings: [{ problem, cure }] });

const isUsable = (at: string): Promise<boolean> =>
  access(at, constants.R_OK | constants.W_OK).then(
    () => true,
    // A file may end between the list and the look.
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );

const orUndefined = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
  return undefined;
};

const megabytes = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2).toLocaleString('en')} MiB`;
