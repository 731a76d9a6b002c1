// A certificate for this machine, made for one test.
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Certificate {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  /** Paths of both. */
  readonly file: string;
  readonly keyFile: string;
}

export const makeCertificate = async (dir: string, name: string): Promise<Certificate> => {
  const [file, keyFile] = [join(dir, `${name}.pem`), join(dir, `${name}.key`)];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  execFileSync('openssl', ['req', ...kind, ...subject, '-keyout', keyFile, '-out', file], { stdio: 'ignore' });
  return { certificate: await readFile(file), privateKey: await readFile(keyFile), file, keyFile };
};
