// Ceiling of commands in PostgreSQL: check, decide on a folded state in memory, one prepared insert for all calls that
// have come while the last one ran. The statement is the transaction; its conditions are two unique keys.
import type pg from 'pg';
import { textArray } from '../../../libs/postgres/src/append/text-array.js';
import { COMMAND_LINES, commandAt, type CommandPlan } from '../command-plan.js';
import { expectSame, type Job } from '../job.js';
import { measuredWithServer } from '../server-time.js';
import { assertLine, lines, type Line } from './commands.js';
import { derivedId } from './event-writer.js';
import { countEvents, withLog } from './postgres-log.js';

interface State {
  revision: number;
  isPlaced: boolean;
  lines: number;
}

interface Waiting {
  readonly events: readonly Event[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

type Event = readonly [id: string, stream: string, revision: number, type: string, data: string, metadata: string];

class InsertLoop {
  readonly #states = new Map<string, State>();
  readonly #insert: string;
  #queue: Waiting[] = [];
  #isRunning = false;

  constructor(
    private readonly client: pg.Client,
    schema: string,
  ) {
    this.#insert = `WITH counter AS (UPDATE ${schema}.log SET position = position + $1::bigint RETURNING position - $1::bigint AS base)
      INSERT INTO ${schema}.events SELECT base + place, e.id, e.stream, e.revision, e.type, $2::bigint, e.data, e.metadata
      FROM counter, unnest($3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[])
        WITH ORDINALITY AS e(id, stream, revision, type, data, metadata, place)`;
  }

  execute({ orderNo, isFirst }: CommandPlan, added: readonly Line[], commandId: string): Promise<void> {
    for (const line of added) assertLine(line);
    const stream = `order-${orderNo}`;
    const state = this.#states.get(stream) ?? { revision: -1, isPlaced: false, lines: 0 };
    if (state.isPlaced === isFirst) throw new Error(`${stream} is ${state.isPlaced ? 'placed already' : 'not placed'}`);
    this.#states.set(stream, state);
    const metadata = JSON.stringify({ commandId, correlationId: commandId, causationId: commandId });
    const events: Event[] = [];
    const append = (type: string, data: object): void => {
      const id = derivedId(`${stream}/${commandId}/${events.length}`);
      events.push([id, stream, ++state.revision, type, JSON.stringify(data), metadata]);
    };
    if (isFirst) append('OrderPlaced', { orderNo, customerId: '17850', country: 'France' });
    for (const line of added) append('OrderLineAdded', { line: ++state.lines, ...line });
    state.isPlaced = true;
    return new Promise((resolve, reject) => {
      this.#queue.push({ events, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#queue.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const batch = this.#queue;
      this.#queue = [];
      try {
        await this.#write(batch.flatMap(({ events }) => events));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isRunning = false;
  }

  async #write(events: readonly Event[]): Promise<void> {
    const { rowCount } = await this.client.query({
      name: 'insert',
      text: this.#insert,
      values: [
        events.length,
        Date.now(),
        `{${events.map(([id]) => id).join(',')}}`,
        textArray(events.map(([, stream]) => stream)),
        `{${events.map(([, , revision]) => revision).join(',')}}`,
        textArray(events.map(([, , , type]) => type)),
        textArray(events.map(([, , , , data]) => data)),
        textArray(events.map(([, , , , , metadata]) => metadata)),
      ],
    });
    expectSame('inserted events', rowCount, events.length);
  }
}

const commands =
  (clients: number, count: number): Job =>
  ({ postgresUrl }) =>
    withLog(postgresUrl, async (client, schema) => {
      const loop = new InsertLoop(client, schema);
      let next = 0;
      const sendAll = async (): Promise<void> => {
        for (let index = next++; index < count; index = next++) await loop.execute(commandAt(index), lines, crypto.randomUUID());
      };
      const sample = await measuredWithServer(postgresUrl, async () => {
        await Promise.all(Array.from({ length: clients }, sendAll));
        return count;
      });
      let expected = 0;
      for (let index = 0; index < count; index++) expected += COMMAND_LINES + (commandAt(index).isFirst ? 1 : 0);
      expectSame('events of all commands', await countEvents(client, schema), expected);
      return sample;
    });

export const commandsOneByOne = commands(1, 3_000);
export const commandsBy64 = commands(64, 30_000);
