import { describe, expect, it } from 'vitest';
import { readSettings, type Environment } from '@mainstem/event-store/settings';
import { eventStoreProcessSettings, type EventStoreProcessSettings } from './event-store-settings.js';

const readEventStoreSettings = (argv: readonly string[], env: Environment): EventStoreProcessSettings =>
  readSettings(eventStoreProcessSettings, argv, env);

describe('the settings of the event store server’s process', () => {
  it('are those of the server, and whether it serves figures', () => {
    expect(readEventStoreSettings(['--port', '7'], {})).toMatchObject({ port: 7, metrics: false });
    expect(readEventStoreSettings([], { METRICS: 'on' })).toMatchObject({ metrics: true });
  });

  it.each([
    [[], { LOG_FORMAT: 'xml' }],
    [[], { METRICS: 'yes' }],
    [['--port', 'x'], {}],
  ])('are refused when they are invalid: %j %j', (argv, env) => {
    expect(() => readEventStoreSettings(argv, env)).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }));
  });
});
