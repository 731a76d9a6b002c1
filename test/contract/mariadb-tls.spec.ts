// MariaDB over TLS: the CA decides which server is trusted, and no other server gets a password or data.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { SqlReadStore } from '@mainstem/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMariadb, type MariadbServer } from '../../scripts/services/mariadb.mjs';
import { makeCertificate, type Certificate } from '../fixtures/certificate.js';
import { CountryTotal, incarnation, mariadbRows, move, Parcel, parcel, parcels, withMariadb } from './sql-fixtures.js';

const SECRET = 'right-secret';

describe.runIf(await withMariadb())('a MariaDB over TLS', () => {
  let dir: string;
  let server: MariadbServer;
  let ca: Certificate;
  let otherCa: Certificate;
  const opening = (parameters = '?tls=true', { host = 'localhost', port = server.port, user = 'shop' } = {}): Promise<SqlReadStore> =>
    SqlReadStore.open({ url: `mariadb://${user}:${SECRET}@${host}:${port}/shop${parameters}` }, { entities: [Parcel, CountryTotal] });
  const trusting = (certificate: Certificate): string => `?tls=true&tlsCAFile=${encodeURIComponent(certificate.file)}`;
  const byRoot = async (sql: string, url = server.url): Promise<void> => {
    await mariadbRows(sql, [], url);
  };
  const logins = async (): Promise<number> => {
    const [row] = (await mariadbRows("SHOW GLOBAL STATUS LIKE 'Ssl_accepts'", [], server.url)) as { Value: string }[];
    return Number(row?.Value);
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mainstem-mariadb-tls-'));
    ca = await makeCertificate(dir, 'ca');
    otherCa = await makeCertificate(dir, 'other-ca');
    server = await startMariadb({ certificate: await makeCertificate(dir, 'server', ca) });
    await byRoot(`CREATE DATABASE shop; CREATE USER shop IDENTIFIED BY '${SECRET}' REQUIRE SSL; GRANT ALL ON shop.* TO shop`);
  }, 90_000);
  afterAll(async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('is used when its certificate comes from the CA that was named, by every connection', async () => {
    const before = await logins();
    const store = await opening(trusting(ca));
    await store.createGeneration(parcels, incarnation); // on connections of its own, which this user gets over TLS alone
    const session = await store.open(parcels, 1);
    await session.commit({
      changes: [{ collection: 'parcels', upserts: new Map([['a', parcel('a')]]), deletes: [] }],
      checkpoint: move(undefined, 1),
    });
    const { value } = await store.read(['parcels'], async (manager) => [
      await manager.find(Parcel),
      await manager.query<{ Value: string }[]>("SHOW SESSION STATUS LIKE 'Ssl_cipher'"),
    ]);
    expect(value).toMatchObject([[{ parcelId: 'a' }], [{ Value: expect.stringMatching(/./) as string }]]);
    expect(await logins()).toBeGreaterThan(before);
    await store.close();
  });

  it('is refused when its certificate comes from another one, or from none that is known', async () => {
    for (const parameters of [trusting(otherCa), '?tls=true']) {
      const refusal: unknown = await opening(parameters).catch((error: unknown) => error);
      expect(refusal).toMatchObject({
        code: 'READ_STORE_CERTIFICATE_REFUSED',
        message: expect.stringMatching(/^Read store sql: the server's certificate is not trusted \(.*certificate.*\)\. .*tlsCAFile/) as string,
      });
      expect(inspect(refusal, { depth: 9 })).not.toContain(SECRET);
    }
  });

  it('is refused when its certificate is for another name', async () => {
    const elsewhere = await startMariadb({ certificate: await makeCertificate(dir, 'elsewhere', ca, 'DNS:elsewhere.example') });
    try {
      await byRoot('CREATE DATABASE shop', elsewhere.url);
      await expect(opening(trusting(ca), { port: elsewhere.port })).rejects.toMatchObject({ code: 'READ_STORE_CERTIFICATE_REFUSED' });
    } finally {
      await elsewhere.stop();
    }
  }, 90_000);

  it('says that TLS is missing where a user or the server demands it', async () => {
    await expect(opening('')).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE', message: expect.stringContaining('tls=true') as string });
    await byRoot(`CREATE USER plain IDENTIFIED BY '${SECRET}'; GRANT ALL ON shop.* TO plain; SET GLOBAL require_secure_transport = ON`);
    const refused = opening('', { user: 'plain' });
    await expect(refused).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE', message: expect.stringContaining('tls=true') as string });
    const store = await opening(trusting(ca), { user: 'plain' });
    await store.close();
  });

  it('says that the server offers none', async () => {
    const bare = await startMariadb();
    try {
      await expect(opening(trusting(ca), { port: bare.port })).rejects.toMatchObject({
        code: 'READ_STORE_UNAVAILABLE',
        message: expect.stringContaining('the server offers no TLS') as string,
      });
    } finally {
      await bare.stop();
    }
  }, 90_000);

  it('needs a file that is there and holds a certificate', async () => {
    const junk = join(dir, 'junk.pem');
    await writeFile(junk, 'no certificate');
    for (const file of [join(dir, 'nowhere.pem'), junk, ca.keyFile]) {
      await expect(opening(`?tls=true&tlsCAFile=${file}`)).rejects.toMatchObject({
        code: 'READ_STORE_INVALID_OPTIONS',
        message: expect.stringContaining('tlsCAFile') as string,
      });
    }
  });
});
