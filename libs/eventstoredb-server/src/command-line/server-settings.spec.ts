import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings, type Environment } from '@mainstem/event-store/settings';
import { serverSettings, type ServerSettings } from './server-settings.js';

const readServerSettings = (argv: readonly string[], env: Environment): ServerSettings => readSettings(serverSettings, argv, env);

describe('the settings of the event store server', () => {
  it('have defaults that open nothing to the network', () => {
    expect(readServerSettings([], {})).toEqual({
      dir: resolve('.mainstem'),
      host: '127.0.0.1',
      port: 2113,
      healthPort: undefined,
      tls: undefined,
      administrator: undefined,
      allowInsecure: false,
      writeBytesMax: undefined,
      links: false,
    });
  });

  it('are taken from flags first, then from the environment', () => {
    const env = { MAINSTEM_DIR: '/there', PORT: '7', EVENT_STORE_USERNAME: 'admin', EVENT_STORE_PASSWORD: 's3cret' };
    expect(readServerSettings([], env)).toMatchObject({
      dir: resolve('/there'),
      port: 7,
      administrator: { username: 'admin', password: 's3cret' },
    });
    expect(readServerSettings(['--dir', '/here', '--port=0', '--health-port', '8', '--allow-insecure', '--links'], env)).toMatchObject({
      dir: resolve('/here'),
      port: 0,
      healthPort: 8,
      allowInsecure: true,
      links: true,
    });
  });

  it('name no folder for a temporary run', () => {
    expect(readServerSettings(['--temporary'], { MAINSTEM_DIR: '/there' }).dir).toBeUndefined();
  });

  it.each([
    [['--port', '70000'], {}],
    [['--port', 'x'], {}],
    [['--temporary', '--dir', 'x'], {}],
    [['--unknown'], {}],
    [['position'], {}],
    [['--dir'], {}],
    [['--tls-cert', 'c.pem'], {}],
    [['--max-append-size', '-1'], {}],
    [[], { EVENT_STORE_USERNAME: 'admin' }],
  ])('are refused when they are invalid: %j %j', (argv, env) => {
    expect(() => readServerSettings(argv, env)).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }));
  });

  it.each([
    [['--prot', '1'], 'Did you mean --port?'],
    [['--prot=1'], 'Did you mean --port?'],
    [['--tls-crt', 'c.pem'], 'Did you mean --tls-cert?'],
    [['--temprary'], 'Did you mean --temporary?'],
  ])('name the flag that was meant by %j', (argv, meant) => {
    expect(() => readServerSettings(argv, {})).toThrow(meant);
  });
});
