// The shop's SQL read models on a failing PostgreSQL server, beside a healthy store: what goes on, and what is true
// afterwards.
import { setTimeout as delay } from 'node:timers/promises';
import { hostedOnSql } from '#apps/sql-projector/src/sql-projections.js';
import { sqlEntities } from '#apps/read-models/src/sql/sql-entities.js';
import { EmbeddedCacheStore, EmbeddedEventStore } from '@mainstem/embedded';
import { eventIdOf, streamName, type NewEvent, type Position, type RecordedEvent } from '@mainstem/event-store';
import { Projector, type HostedProjection } from '@mainstem/projection';
import { SqlReadStore } from '@mainstem/sql';
import { TcpProxy, type SeededRandom } from '@mainstem/testing';
import { expect } from 'vitest';
import type { PrivatePostgres } from '../../fixtures/private-postgres.js';
import { counterOf, SqlCounter, SqlHandlerCounter, sqlHandlerCounter } from '../workers/counters.js';
import { differenceOf } from './canonical.js';
import { expectedAt, type AnyProjection } from './oracle-fold.js';
import { postgresModels } from './postgres-models.js';
import { expectedLines } from './read-model-files.js';

/** Until everything is right again, after the end of the fault. */
export const HEALED_MS = 120_000;
/**
 * Until everything is as it should be before a fault or between two: nothing is promised, and the machine may be busy.
 */
const BEFORE_MS = 120_000;
/** A healthy store follows at once, even on a busy machine. */
const BESIDE_MS = 20_000;
const POLL_MS = 50;
const COUNTRIES = ['France', 'EIRE', 'Spain'];

export interface TrialOptions {
  readonly dir: string;
  readonly server: PrivatePostgres;
  readonly schema: string;
  readonly chance: SeededRandom;
  /** Number of the first command; default 1. */
  readonly firstCommand?: number;
  /** Called with each piece of what clients send and servers answer, before it is passed on. */
  readonly onPiece?: (piece: Buffer, from: 'client' | 'server', connection: number, proxy: TcpProxy) => void;
}

/** One projector in this process, which is never restarted. */
export class PostgresTrial implements AsyncDisposable {
  readonly reasons = new Set<string>();
  #commands: number;
  #writing: Promise<void> | undefined;
  #isWriting = false;

  private constructor(
    readonly options: TrialOptions,
    readonly proxy: TcpProxy,
    readonly events: EmbeddedEventStore,
    readonly sql: SqlReadStore,
    readonly hosted: readonly HostedProjection[],
    private readonly cache: EmbeddedCacheStore,
    private readonly projector: Projector,
  ) {
    this.#commands = (options.firstCommand ?? 1) - 1;
  }

  static async open(options: TrialOptions): Promise<PostgresTrial> {
    const { dir, server, schema, onPiece } = options;
    let tapped: TcpProxy | undefined;
    const proxy = await TcpProxy.listen({
      target: { host: '127.0.0.1', port: server.port },
      onPiece: (piece, from, connection) => tapped && onPiece?.(piece, from, connection, tapped),
    });
    tapped = proxy;
    const url = server.url.replace(`:${server.port}/`, `:${proxy.port}/`);
    const events = await EmbeddedEventStore.open({ dir });
    const limits = { poolSizeMax: 4, statementTimeoutMs: 3_000, lockTimeoutMs: 500, idleInTransactionTimeoutMs: 3_000 };
    const sql = await SqlReadStore.open({ url, schema, ...limits }, { entities: [...sqlEntities, SqlCounter, SqlHandlerCounter] });
    const cache = await EmbeddedCacheStore.open({ dir, collections: {} });
    const counters = [counterOf('sql'), sqlHandlerCounter].map((projection) => ({ projection, store: sql }));
    const hosted = [...hostedOnSql(sql), ...counters] as unknown as readonly HostedProjection[];
    const reasons: Set<string>[] = [];
    const projector = new Projector({
      reader: events,
      projections: [...hosted, { projection: counterOf('cache'), store: cache } as unknown as HostedProjection],
      onChange: ({ store, reason }) => reason !== undefined && reasons[0]?.add(`${store} ${reason}`),
    });
    const trial = new PostgresTrial(options, proxy, events, sql, hosted, cache, projector);
    reasons.push(trial.reasons);
    projector.start();
    return trial;
  }

  /** Appends one order after the other. A failed append fails the trial. */
  write(): void {
    this.#isWriting = true;
    this.#writing = (async () => {
      while (this.#isWriting) {
        await this.append();
        await delay(this.options.chance.int(0, 4));
      }
    })();
  }

  async stopWriting(): Promise<void> {
    this.#isWriting = false;
    await this.#writing;
  }

  async append(): Promise<Position> {
    const number = `${this.options.schema}-${++this.#commands}`;
    const stream = streamName(`order-${number}`);
    const count = this.#commands % 3;
    const events: NewEvent[] = Array.from({ length: count + 2 }, (_, index) => ({
      id: eventIdOf(number, stream, index),
      type: index === 0 ? 'OrderPlaced' : 'OrderLineAdded',
      data: index === 0 ? headerOf(number, this.#commands) : lineOf(index, this.#commands),
      metadata: { commandId: number },
    }));
    return (await this.events.append(stream, events, { expectedRevision: 'no-stream' })).position;
  }

  /** While PostgreSQL fails: appends are acknowledged, and the other store shows them. */
  async expectOthersUnharmed(): Promise<void> {
    const position = await this.append();
    await this.projector.waitFor('cache-counter', position, { timeoutMs: BESIDE_MS });
  }

  /** The projector's status of the SQL projections. */
  get states(): ReadonlySet<string> {
    return new Set(
      this.projector
        .status()
        .filter(({ store }) => store === 'sql')
        .map(({ state }) => state),
    );
  }

  async caughtUp(): Promise<void> {
    const head = await this.#head();
    try {
      await Promise.all(this.hosted.map(({ projection }) => this.projector.waitFor(projection.name, head, { timeoutMs: BEFORE_MS })));
    } catch (error) {
      throw new Error(
        `not at ${head}: ${JSON.stringify(this.projector.status(), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`,
        { cause: error },
      );
    }
  }

  /**
   * No status reports a fault, and every table and checkpoint equals the fold. It asks the server, not the projector.
   */
  async expectHealed(): Promise<void> {
    const deadline = performance.now() + HEALED_MS;
    for (;;) {
      const flaws = await this.#flaws();
      if (flaws.length === 0) return;
      if (performance.now() > deadline) expect(flaws, [...this.reasons].join('\n')).toEqual([]);
      await delay(POLL_MS);
    }
  }

  /** Errors of the store have codes: no driver error reaches the engine. */
  expectTypedReasons(): void {
    for (const reason of this.reasons) expect(reason).toMatch(/^sql (READ_STORE_(UNAVAILABLE|CHECKPOINT_MOVED)|PROJECTION_STALLED): /);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopWriting();
    await this.projector.stop();
    await this.sql.close();
    await this.cache.close();
    await this.events.close();
    await this.proxy.close();
  }

  #models(): ReturnType<typeof postgresModels> {
    const { server, schema } = this.options;
    return postgresModels((sql) => server.query(sql), schema);
  }

  async #flaws(): Promise<readonly string[]> {
    const head = await this.#head();
    const models = await this.#models();
    const behind = this.hosted.flatMap(({ projection: { name } }) => {
      const position = models.get(name)?.position;
      return position === head.toString() ? [] : [`${name} is at ${position}, not at ${head}`];
    });
    if (behind.length > 0) return behind;
    const unhealthy = this.projector.status().filter(({ isHealthy }) => !isHealthy);
    if (unhealthy.length > 0) return unhealthy.map(({ projection, reason }) => `${projection} is not healthy: ${reason}`);
    const all: RecordedEvent[] = [];
    for await (const batch of this.events.readAll()) all.push(...batch);
    const flaws = this.hosted.map(async ({ projection }) => {
      const model = models.get(projection.name);
      const expected = await expectedAt(projection as AnyProjection, all, head);
      if (model?.digest !== expected.digest) return [`${projection.name} has digest ${model?.digest}, not ${expected.digest}`];
      const difference = differenceOf(model.lines, expectedLines('sql', expected));
      return difference === undefined ? [] : [`${projection.name}: ${difference}`];
    });
    return (await Promise.all(flaws)).flat();
  }

  async #head(): Promise<Position> {
    const head = await this.events.head();
    if (head === undefined) throw new Error('there are no events');
    return head;
  }
}

const headerOf = (orderNo: string, command: number): object => ({ orderNo, customerId: `9${command % 50}`, country: COUNTRIES[command % 3] });

const lineOf = (line: number, command: number): object => ({
  line,
  sku: `S${command % 40}`,
  description: `THING ${command % 25}`,
  quantity: line,
  unitPrice: '1.25',
});
