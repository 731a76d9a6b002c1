// Ceiling of commands: check, decide on a folded state in memory, insert under the unique index, commit durably
// together.
import { COMMAND_LINES, commandAt, hotCommandAt, type CommandPlan } from '../command-plan.js';
import { expectSame, measured, type Job } from '../job.js';
import { derivedId, EventWriterLoop } from './event-writer.js';

interface State {
  revision: number;
  isPlaced: boolean;
  lines: number;
}

export interface Line {
  readonly sku: string;
  readonly description: string;
  readonly quantity: number;
  readonly unitPrice: string;
}

interface Waiting {
  readonly plan: CommandPlan;
  readonly lines: readonly Line[];
  readonly commandId: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const PRICE = /^(0|[1-9][0-9]{0,14})(\.[0-9]{1,3})?$/;

export const assertLine = ({ sku, description, quantity, unitPrice }: Line): void => {
  if (typeof sku !== 'string' || sku === '' || typeof description !== 'string') throw new TypeError('a line needs a SKU and a description');
  if (!Number.isSafeInteger(quantity) || quantity < 1 || !PRICE.test(unitPrice)) throw new TypeError('a line needs a quantity and a price');
};

/** One transaction for all calls in one turn of the event loop. */
class GroupCommitLoop {
  readonly #states = new Map<string, State>();
  #queue: Waiting[] = [];

  constructor(private readonly writer: EventWriterLoop) {}

  execute(plan: CommandPlan, lines: readonly Line[], commandId: string): Promise<void> {
    for (const line of lines) assertLine(line);
    return new Promise((resolve, reject) => {
      if (this.#queue.push({ plan, lines, commandId, resolve, reject }) === 1) setImmediate(() => this.#commit());
    });
  }

  #commit(): void {
    const batch = this.#queue;
    this.#queue = [];
    const { database } = this.writer;
    try {
      database.exec('BEGIN IMMEDIATE');
      const now = Date.now();
      for (const waiting of batch) this.#append(waiting, now);
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const { resolve } of batch) resolve();
  }

  #append({ plan: { orderNo, isFirst }, lines, commandId }: Waiting, now: number): void {
    const stream = `order-${orderNo}`;
    const state = this.#states.get(stream) ?? { revision: -1, isPlaced: false, lines: 0 };
    if (state.isPlaced === isFirst) throw new Error(`${stream} is ${state.isPlaced ? 'placed already' : 'not placed'}`);
    this.#states.set(stream, state);
    const metadata = JSON.stringify({ commandId, correlationId: commandId, causationId: commandId });
    let index = 0;
    const append = (type: string, data: object): void =>
      this.writer.append(stream, ++state.revision, type, derivedId(`${stream}/${commandId}/${index++}`), now, JSON.stringify(data), metadata);
    if (isFirst) append('OrderPlaced', { orderNo, customerId: '17850', country: 'France' });
    for (const line of lines) append('OrderLineAdded', { line: ++state.lines, ...line });
    state.isPlaced = true;
  }
}

export const lines = Array.from({ length: COMMAND_LINES }, (_, index) => ({
  sku: `SKU${index}`,
  description: 'A THING',
  quantity: 1 + index,
  unitPrice: '2.55',
}));

const commands =
  (clients: number, count: number, planAt = commandAt): Job =>
  async ({ dir }) => {
    const writer = new EventWriterLoop(dir);
    const loop = new GroupCommitLoop(writer);
    let next = 0;
    const client = async (): Promise<void> => {
      for (let index = next++; index < count; index = next++) await loop.execute(planAt(index), lines, crypto.randomUUID());
    };
    const sample = await measured(async () => {
      await Promise.all(Array.from({ length: clients }, client));
      return count;
    });
    let expected = 0;
    for (let index = 0; index < count; index++) expected += COMMAND_LINES + (planAt(index).isFirst ? 1 : 0);
    expectSame('events of all commands', writer.count(), expected);
    writer.database.close();
    return sample;
  };

export const commandsOneByOne = commands(1, 3_000);
export const commandsBy64 = commands(64, 30_000);
export const commandsOnOneStream = commands(64, 30_000, hotCommandAt);
