// Which server a URL names; refusals show no password.
import { describe, expect, it } from 'vitest';
import { redisTargetOf } from './redis-target.js';

const refusal = (url: string): unknown => {
  try {
    return redisTargetOf({ url });
  } catch (error) {
    return error;
  }
};

describe('the address of a Redis', () => {
  it('names one server, its database and a user', () => {
    expect(redisTargetOf({ url: 'redis://shop:p%40ss%3A@host:6380/2?prefix=shop:' })).toEqual({
      mode: 'single',
      addresses: [{ host: 'host', port: 6380 }],
      masterName: '',
      username: 'shop',
      password: 'p@ss:',
      database: 2,
      isTls: false,
      tlsCAFile: undefined,
      prefix: 'shop:',
    });
  });

  it('defaults to the usual port, database 0 and the default user, and takes TLS', () => {
    expect(redisTargetOf({ url: 'rediss://:secret@[::1]' })).toMatchObject({
      addresses: [{ host: '::1', port: 6379 }],
      username: undefined,
      password: 'secret',
      database: 0,
      isTls: true,
      prefix: 'mainstem:',
    });
  });

  it('names the CA of a server over TLS', () => {
    const { tlsCAFile, prefix } = redisTargetOf({ url: 'rediss://host?prefix=shop:&tlsCAFile=/etc/my%20ca.pem' });
    expect({ tlsCAFile, prefix }).toEqual({ tlsCAFile: '/etc/my ca.pem', prefix: 'shop:' });
  });

  it('names the nodes of a cluster', () => {
    const { mode, addresses } = redisTargetOf({ url: 'redis+cluster://one:7000,two:7001' });
    expect({ mode, addresses }).toEqual({
      mode: 'cluster',
      addresses: [
        { host: 'one', port: 7000 },
        { host: 'two', port: 7001 },
      ],
    });
  });

  it('names sentinels and their group', () => {
    const target = redisTargetOf({ url: 'rediss+sentinel://one,two:26380/main/1' });
    expect(target).toMatchObject({ mode: 'sentinel', masterName: 'main', database: 1, isTls: true });
    expect(target.addresses.map(({ port }) => port)).toEqual([26_379, 26_380]);
  });

  it.each([
    ['prefx=a:', 'the URL has an unknown parameter prefx; did you mean prefix?'],
    ['Prefix=a:', 'the URL has an unknown parameter Prefix; did you mean prefix?'],
    ['tlsCAFil=/x', 'the URL has an unknown parameter tlsCAFil; did you mean tlsCAFile?'],
    ['prefix=a:&family=4', 'the URL has an unknown parameter family; known are prefix, tlsCAFile'],
    ['constructor=1', 'the URL has an unknown parameter constructor; known are prefix, tlsCAFile'],
    ['prefix=a:&prefix=b:', 'the URL gives prefix twice'],
    ['prefix=a:&prefix=a:', 'the URL gives prefix twice'],
    ['tlsCAFile=/x&tlsCAFile=/y', 'the URL gives tlsCAFile twice'],
  ])('refuses the parameters %s', (query, message) => {
    for (const url of ['redis://host/1', 'rediss://host', 'redis+cluster://one,two', 'redis+sentinel://one,two/main']) {
      expect(refusal(`${url}?${query}`)).toMatchObject({ code: 'READ_STORE_INVALID_OPTIONS', message: `Redis read store: ${message}` });
    }
  });

  it.each([
    'redis:/secret@host',
    'http://:secret@host',
    'redis://secret@host',
    'redis://:secret@host:70000',
    'redis://:secret@one,two',
    'redis://:secret@host/x',
    'redis://:secret@host/0/1',
    'redis://:secret@host?tls=true',
    'redis://:secret@host?tlsCAFile=ca.pem',
    'redis://:secret@host?prefix={a}',
    'redis://:secret%zz@host',
    'redis+cluster://:secret@host/1',
    'redis+sentinel://:secret@host',
  ])('refuses %s', (url) => {
    expect(refusal(url)).toMatchObject({ code: 'READ_STORE_INVALID_OPTIONS', message: expect.not.stringContaining('secret') });
  });
});
