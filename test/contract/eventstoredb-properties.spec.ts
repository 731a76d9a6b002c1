// EventStoreDB's semantics for any sequence of commands, through its real client: the server against a model of the
// rules. PROPERTY_RUNS sets the number; PROPERTY_SEED and PROPERTY_PATH, as a failure prints them, repeat one.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { RestartableServer } from './eventstoredb/restartable-server.js';
import { streamCommands } from './eventstoredb/stream-commands.js';
import { StreamSession } from './eventstoredb/stream-session.js';

const RUNS = 30;
/** Runs are counted; this bounds the making small of a failure. */
const TIME_MS_MAX = 240_000;

const numberFrom = (name: string): number | undefined => {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  if (!/^-?\d+$/.test(text)) throw new RangeError(`${name} must be a whole number, got ${text}`);
  return Number(text);
};

const seed = numberFrom('PROPERTY_SEED') ?? Math.floor(Math.random() * 2 ** 31);
const path = process.env['PROPERTY_PATH'] || undefined;

describe('the server of EventStoreDB’s protocol', () => {
  let server: RestartableServer;
  beforeAll(async () => {
    server = await RestartableServer.start();
  });
  afterAll(() => server.remove());

  it('answers and shows events by the rules, for any sequence of commands', { timeout: 2 * TIME_MS_MAX }, async () => {
    const property = fc.asyncProperty(streamCommands, (commands) => new StreamSession(server).run(commands));
    const details = await fc.check(property, {
      numRuns: numberFrom('PROPERTY_RUNS') ?? RUNS,
      seed,
      ...(path && { path }),
      interruptAfterTimeLimit: TIME_MS_MAX,
    });
    if (!details.failed) return;
    console.log(`PROPERTY_SEED=${details.seed} PROPERTY_PATH=${details.counterexamplePath} repeats what has failed:`);
    throw new Error(await fc.asyncDefaultReportMessage(details), { cause: details.errorInstance });
  });
});
