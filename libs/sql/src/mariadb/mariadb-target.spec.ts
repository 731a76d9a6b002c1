// Which MariaDB a URL names, and which servers are refused.
import { describe, expect, it } from 'vitest';
import { assertServer, mariadbTargetOf } from './mariadb-target.js';

describe('a MariaDB location', () => {
  it('takes the parts of its URL, and limits from there or, before it, from the options', () => {
    expect(mariadbTargetOf({ url: 'mariadb://user:a%40b@[::1]:3307/shop?pool_size=2&lock_timeout=200', lockTimeoutMs: 7 })).toEqual({
      host: '::1',
      port: 3_307,
      user: 'user',
      password: 'a@b',
      database: 'shop',
      isTls: false,
      tlsCAFile: undefined,
      limits: { poolSizeMax: 2, statementTimeoutMs: 60_000, lockTimeoutMs: 7, idleInTransactionTimeoutMs: 60_000 },
    });
    expect(mariadbTargetOf({ url: 'mariadb://host/db' })).toMatchObject({ host: 'host', port: 3_306, user: '', password: '', database: 'db' });
  });

  it('goes over TLS by a parameter, and names its CA by another', () => {
    expect(mariadbTargetOf({ url: 'mariadb://host/db?tls=true&tlsCAFile=/a%20b/ca.pem' })).toMatchObject({ isTls: true, tlsCAFile: '/a b/ca.pem' });
    expect(mariadbTargetOf({ url: 'mariadb://host/db?tls=true' })).toMatchObject({ isTls: true, tlsCAFile: undefined });
    expect(mariadbTargetOf({ url: 'mariadb://127.0.0.1/db?tls=false' })).toMatchObject({ isTls: false });
  });

  it.each([
    ['mysql://root:sentinel-secret@host/db', /mysql: is not supported/],
    ['mariadb://root:sentinel-secret@host', /must name a database/],
    ['mariadb://root:sentinel-secret@host/a/b', /must name a database/],
    ['mariadb://root:sentinel-secret@host/%zz', /must look like/],
    ['mariadb://root:sentinel-secret@host/db?pol_size=3', /did you mean pool_size/],
    ['mariadb://root:sentinel-secret@host/db?pool_size=0', /whole number from 1/],
    ['mariadb://root:12?sentinel-secret@host/db', /has an @ in its parameters; write a \? of the password as %3F/],
    ['mariadb://root:sentinel-secret@host/db?ssl=true', /unknown parameter ssl; known are tls/],
    ['mariadb://root:sentinel-secret@host/db?tls=yes', /tls must be true or false/],
    ['mariadb://root:sentinel-secret@host/db?tls=false&tlsCAFile=ca.pem', /tlsCAFile needs tls=true/],
    ['mariadb://root:sentinel-secret@127.0.0.1/db?tls=true', /needs the name of the server/],
    ['mariadb://root:sentinel-secret@[::1]/db?tls=true', /needs the name of the server/],
    ['sentinel-secret', /must look like/],
  ])('refuses %s without showing the password', (url, problem) => {
    expect(() => mariadbTargetOf({ url })).toThrow(expect.objectContaining({ code: 'READ_STORE_INVALID_OPTIONS' }));
    expect(() => mariadbTargetOf({ url })).toThrow(problem);
    expect(() => mariadbTargetOf({ url })).not.toThrow(/sentinel-secret/);
  });

  it.each(['10.6.0-MariaDB', '10.11.19-MariaDB-0+deb12u1', '11.4.2-MariaDB-log'])('takes the server %s', (version) => {
    expect(() => assertServer(version, 1_048_576)).not.toThrow();
  });

  it('refuses a server that takes small statements alone', () => {
    expect(() => assertServer('10.11.19-MariaDB', 1_047_552)).toThrow(expect.objectContaining({ code: 'READ_STORE_UNSUPPORTED_DATABASE' }));
    expect(() => assertServer('10.11.19-MariaDB', 1_047_552)).toThrow(/max_allowed_packet is 1047552 bytes/);
  });

  it.each(['10.5.27-MariaDB', '5.5.68-MariaDB', '8.4.3', '5.7.44-log', ''])('refuses the server %s', (version) => {
    expect(() => assertServer(version, 1_048_576)).toThrow(expect.objectContaining({ code: 'READ_STORE_UNSUPPORTED_DATABASE' }));
  });
});
