// Redis over TLS: the CA decides which server is trusted, and no other server gets data.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisReadStore } from '@mainstem/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type RedisServer } from '../../scripts/services/redis.mjs';
import { makeCertificate, type Certificate } from '../fixtures/certificate.js';
import { redisUrl } from './redis-fixtures.js';

const SECRET = 'right-secret';

describe.skipIf(redisUrl === undefined)('a Redis over TLS', () => {
  let dir: string;
  let server: RedisServer;
  let ca: Certificate;
  let otherCa: Certificate;
  const opening = (parameters = '', scheme = 'rediss', host = '127.0.0.1'): Promise<RedisReadStore> =>
    RedisReadStore.open({ url: `${scheme}://:${SECRET}@${host}:${server.tlsPort}${parameters}` });

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-redis-tls-'));
    ca = await makeCertificate(dir, 'ca');
    otherCa = await makeCertificate(dir, 'other-ca');
    const certificate = await makeCertificate(dir, 'server', ca);
    server = await startRedis({ folder: join(dir, 'redis'), certificate, flags: ['--requirepass', SECRET] });
  });
  afterAll(async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('is used when its certificate comes from the CA that was named', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const store = await opening(`?prefix=tls:&tlsCAFile=${encodeURIComponent(ca.file)}`, 'rediss', host);
      const lease = { projection: 'p', fingerprint: 'f', partition: 0, owner: host };
      expect(await store.claimLease({ ...lease, durationMs: 60_000 })).toMatchObject({ isHeld: true });
      await store.releaseLease(lease);
      await store.close();
    }
  });

  it('is refused when its certificate comes from another one, or from none that is known', async () => {
    for (const parameters of [`?tlsCAFile=${otherCa.file}`, '']) {
      const refusal: unknown = await opening(parameters).catch((error: unknown) => error);
      expect(refusal).toMatchObject({
        code: 'READ_STORE_CERTIFICATE_REFUSED',
        message: expect.stringMatching(/^Read store cache: the server's certificate is not trusted \(.*certificate.*\)\. .*tlsCAFile/) as string,
      });
      expect(`${(refusal as Error).message} ${String((refusal as Error).cause)}`).not.toContain(SECRET);
    }
  });

  it('is refused when its certificate is for another name', async () => {
    const elsewhere = await makeCertificate(dir, 'elsewhere', ca, 'DNS:elsewhere.example');
    const other = await startRedis({ folder: join(dir, 'elsewhere'), certificate: elsewhere });
    try {
      const url = `rediss://127.0.0.1:${other.tlsPort}?tlsCAFile=${ca.file}`;
      await expect(RedisReadStore.open({ url })).rejects.toMatchObject({ code: 'READ_STORE_CERTIFICATE_REFUSED' });
    } finally {
      await other.stop();
    }
  });

  it('does not answer those who do not speak TLS', async () => {
    await expect(opening('', 'redis')).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
  });

  it('needs a file that is there and holds a certificate', async () => {
    const junk = join(dir, 'junk.pem');
    await writeFile(junk, 'no certificate');
    for (const file of [join(dir, 'nowhere.pem'), junk, ca.keyFile]) {
      await expect(opening(`?tlsCAFile=${file}`)).rejects.toMatchObject({
        code: 'READ_STORE_INVALID_OPTIONS',
        message: expect.stringContaining('tlsCAFile') as string,
      });
    }
  });
});
