import { describe, expect, it, vi } from 'vitest';
import { addressesOf, connectionOf, ownConnection } from './connection-settings.js';
import { createClient } from './guarded-client.js';

describe('the settings of a connection', () => {
  it('find the password wherever it stands', () => {
    expect(connectionOf({ connectionString: 'esdb://admin:top%3As3cret@host:2113?tls=true' }).password).toBe('top:s3cret');
    expect(connectionOf({ connectionString: 'esdb://host:2113', credentials: { username: 'a', password: 'p@ss/word' } }).password).toBe('p@ss/word');
    expect(connectionOf({ connectionString: 'esdb://host:2113' }).password).toBeUndefined();
  });

  it.each(['esdb://one:1,two:2?tls=true', 'esdb://admin:s3cret@one:1,two:2', 'esdb+discover://admin:s3@c/r@et@one:1,two:2?tls=false'])(
    'give the addresses without the password: %s',
    (connectionString) => {
      expect(connectionOf({ connectionString }).hosts).toBe('one:1,two:2');
    },
  );

  it('use separate credentials in place of those in the string', () => {
    const credentials = { username: 'ad min', password: 'p@ss:/?word' };
    const expected = 'esdb+discover://ad%20min:p%40ss%3A%2F%3Fword@one:1,two:2/path?tls=true';
    expect(connectionOf({ connectionString: 'esdb+discover://x:y@one:1,two:2/path?tls=true', credentials }).uri).toBe(expected);
    expect(connectionOf({ connectionString: 'esdb+discover://one:1,two:2/path?tls=true', credentials }).uri).toBe(expected);
  });

  it.each(['', 'host:2113', 'http://host:2113', 'kurrentdbs://host:2113', 'esdb://'])(
    'are refused when they are no connection string: %j',
    (connectionString) => {
      expect(() => connectionOf({ connectionString })).toThrow(expect.objectContaining({ code: 'EVENT_STORE_CONNECTION_SETTINGS_INVALID' }));
    },
  );

  it.each([
    ['tsl=true', 'did you mean tls?'],
    ['tls=true&nodePrefrence=leader', 'did you mean nodePreference?'],
    ['tls=true&tls=false', 'it gives tls twice'],
    ['node-preference=leader&nodePreference=follower', 'it gives nodePreference twice'],
  ])('refuses the parameters %s', (parameters, problem) => {
    expect(() => connectionOf({ connectionString: `esdb://host:2113?${parameters}` })).toThrow(problem);
  });

  it.each(['unknown=1', 'tls=true&nodePrefrence=leader', 'tlsVerifyCert=false', 'tls', ''])(
    'are refused with a parameter that the client would ignore and print with the password: %j',
    (parameters) => {
      const connectionString = `esdb://admin:s3cret@host:2113?${parameters}`;
      const refusal = expect.objectContaining({ code: 'EVENT_STORE_CONNECTION_SETTINGS_INVALID', message: expect.not.stringContaining('s3cret') });
      expect(() => connectionOf({ connectionString })).toThrow(refusal);
    },
  );

  it('are never printed', () => {
    const printed = (['log', 'info', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name));
    const { uri } = connectionOf({ connectionString: 'esdb://admin:s3cret@host:2113?tls=true&keepAliveInterval=9999&node-preference=leader' });
    void createClient(ownConnection(uri)).close();
    expect(JSON.stringify(printed.map(({ mock }) => mock.calls))).not.toContain('s3cret');
    vi.restoreAllMocks();
  });

  it('give each client a connection of its own, unless keep-alive is off', () => {
    const of = (uri: string): readonly number[] =>
      [ownConnection(uri), ownConnection(uri)].map((own) => Number(/[?&]keepAliveTimeout=(\d+)$/.exec(own)?.[1]));
    for (const uri of ['esdb://host:2113', 'esdb://host:2113/?tls=false', 'esdb://host:2113?keepAliveTimeout=500']) {
      const [one, two] = of(uri) as [number, number];
      expect(two).toBe(one + 1);
    }
    expect(ownConnection('esdb://host:2113?keepAliveTimeout=-1')).toBe('esdb://host:2113?keepAliveTimeout=-1');
  });

  it.each(['esdb://admin:s3cret@host:port?tls=maybe', 'esdb://admin:s3cret@host:2113?tlsCAFile=/nowhere/ca.pem', 'esdb://admin:s3cret@:?=x&y'])(
    'are not repeated where they are refused: %j',
    (uri) => {
      let refusal: unknown;
      try {
        void createClient(uri).close();
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toMatchObject({ code: 'EVENT_STORE_CONNECTION_SETTINGS_INVALID' });
      expect(JSON.stringify(refusal, Object.getOwnPropertyNames(refusal))).not.toContain('s3cret');
    },
  );
});

describe('the addresses of a connection string', () => {
  it.each([
    ['esdb://admin:s3cret@one:2114,two?tls=true', ['one:2114', 'two:2113']],
    ['esdb+discover://name/', ['name:2113']],
    ['esdb://[::1]:2115,127.0.0.1:1', ['::1:2115', '127.0.0.1:1']],
    ['esdb://a:b:c', []],
  ])('of %s are %j', (uri, addresses) => {
    expect(addressesOf(uri).map(({ host, port }) => `${host}:${port}`)).toEqual(addresses);
  });
});
