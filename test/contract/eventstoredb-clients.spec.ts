// Unchanged clients of other vendors and languages on our server: the official one for Java, and KurrentDB's for Node.
// Each is a program that prints what it sees (test/clients); the expected output is here.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { javaProgram, missingForJava } from '../clients/java-client.js';
import { startProtocol, type ProtocolFixture } from './eventstoredb/protocol-fixture.js';

const run = promisify(execFile);
const PROGRAM_TIMEOUT_MS = 600_000;
const SET_UP_TIMEOUT_MS = 900_000;
const isCi = !['', '0', 'false', undefined].includes(process.env['CI']?.toLowerCase());

/** From the rules of EventStoreDB. Payloads also count refused appends: 0 and 1, one refused, 3, one refused, 5, 6. */
const EXPECTED = [
  'append of two, expecting no stream: at 1',
  'append, expecting no stream: wrong, it is at 1',
  'append, expecting revision 1: at 2',
  'append, expecting revision 7: wrong, it is at 2',
  'append, expecting a stream: at 3',
  'append, expecting anything: at 4',
  'append to no stream, expecting a stream: wrong, it is at -1',
  'read forwards: 0 1 2 3 4',
  'read backwards: 4 3 2 1 0',
  'read two backwards from 2: 2 1',
  'payloads: {"n":0} {"n":1} {"n":3} {"n":5} {"n":6}',
  'all forwards: 0 1 2 3 4',
  'all backwards: 4 3 2 1 0',
  'subscription: 600 in order, caught up',
  'persistent subscription: 0 1 2 3 4 2',
  'largest count: 2',
  'read with a largest count: 3 4',
  'read after the delete: not found',
  'append after the delete, expecting no stream: at 5',
  'read again: 5',
];

describe('the server of EventStoreDB’s protocol', () => {
  let fixture: ProtocolFixture;
  beforeAll(async () => {
    fixture = await startProtocol();
  });
  afterAll(() => fixture.stop());

  const linesOf = async (program: string, programArguments: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await run(program, [...programArguments, fixture.server.connectionString], { timeout: PROGRAM_TIMEOUT_MS });
    return stdout.split('\n').filter((line) => line !== '');
  };

  it('serves KurrentDB’s client for Node', { timeout: PROGRAM_TIMEOUT_MS }, async () => {
    const program = fileURLToPath(new URL('../clients/kurrentdb-client.ts', import.meta.url));
    expect(await linesOf(process.execPath, ['--no-warnings', program])).toEqual(EXPECTED);
  });

  it('serves the official client for Java', { timeout: SET_UP_TIMEOUT_MS }, async ({ skip }) => {
    const missing = await missingForJava();
    if (missing !== undefined) {
      if (isCi) throw new Error(`Under CI the Java client is required, and this machine lacks ${missing}.`);
      console.log(`The Java client is left out: this machine lacks ${missing}.`);
      skip();
    }
    expect(await linesOf('java', await javaProgram())).toEqual(EXPECTED);
  });
});
