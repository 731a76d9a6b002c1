// One event store and one projector that fills PostgreSQL, Redis and OpenSearch; the way to one of them may fail.
import { EmbeddedEventStore } from '@mainstem/embedded';
import type { Position } from '@mainstem/event-store';
import { Projector, type ProjectionStatus, type ReadStore } from '@mainstem/projection';
import { RedisReadStore } from '@mainstem/redis';
import { SqlReadStore } from '@mainstem/sql';
import { TcpProxy, type SeededRandom } from '@mainstem/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore } from '../../contract/opensearch-nodes.js';
import { toldEntities } from '../stores/told-entities.js';
import { talliesOf, toldCountOf } from '../stores/told-projections.js';
import { GrowingFold } from './growing-fold.js';
import { allEventsOf, expectServesFold } from './serving-fold.js';
import { toldCommand } from './told-events.js';
import { TRIO, type Trio, type TrioName } from './trio-servers.js';

/** A healthy store follows at once; the machine may be busy with all trials. */
const BESIDE_MS = 90_000;
const HEALED_MS = 120_000;
/** Between two commands of one trial. */
const PAUSE_MS = [300, 900] as const;
const RECOVERY = { retryDelayMs: 20, retryDelayMaxMs: 500 };
/** So few that documents must be loaded again. */
const CACHE_BYTES = 60_000;

export interface TrioTrialOptions {
  readonly dir: string;
  /** The beginning of all its names on the servers. Letters, digits and underscores. */
  readonly scope: string;
  readonly servers: Trio;
  /** The store that will fail. */
  readonly troubled: TrioName;
  readonly chance: SeededRandom;
}

export class TrioTrial implements AsyncDisposable {
  readonly #folds: Readonly<Record<TrioName, readonly GrowingFold[]>>;
  readonly #projector: Projector;
  #writing: Promise<void> | undefined;
  #isWriting = false;

  private constructor(
    readonly troubled: TrioName,
    readonly chance: SeededRandom,
    readonly network: TroubledNetwork,
    private readonly events: EmbeddedEventStore,
    private readonly stores: Readonly<Record<TrioName, ReadStore>>,
  ) {
    this.#folds = ofEach((name) => projectionsOn(name, name === troubled).map((projection) => new GrowingFold(projection)));
    this.#projector = new Projector({
      reader: events,
      projections: TRIO.flatMap((name) => this.#folds[name].map(({ projection }) => ({ projection, store: stores[name], recovery: RECOVERY }))),
      cacheBytesMax: CACHE_BYTES,
    });
  }

  static async open({ dir, scope, servers, troubled, chance }: TrioTrialOptions): Promise<TrioTrial> {
    const network = await TroubledNetwork.to(servers[troubled].port);
    const port = ofEach((name) => (name === troubled ? network.port : servers[name].port));
    const events = await EmbeddedEventStore.open({ dir });
    const stores = {
      postgres: await SqlReadStore.open(
        { url: `postgres://postgres@127.0.0.1:${port.postgres}/postgres`, schema: scope, poolSizeMax: 2 },
        { entities: toldEntities },
      ),
      redis: await RedisReadStore.open({ url: `redis://127.0.0.1:${port.redis}?prefix=${scope}:` }),
      opensearch: await openStore(`http://127.0.0.1:${port.opensearch}`, scope),
    };
    const trial = new TrioTrial(troubled, chance, network, events, stores);
    trial.#projector.start();
    await trial.append();
    await trial.expectSound();
    return trial;
  }

  async append(): Promise<Position> {
    const { stream, events } = toldCommand(this.chance.int(1, 2 ** 30));
    return (await this.events.append(stream, events, { expectedRevision: 'any' })).position;
  }

  /** Appends repeatedly until `stopWriting`, which fails if an append has failed. */
  write(): void {
    this.#isWriting = true;
    this.#writing = (async () => {
      while (this.#isWriting) {
        await this.append();
        await delay(this.chance.int(...PAUSE_MS));
      }
    })();
    void this.#writing.catch(() => undefined); // `stopWriting` reports it
  }

  async stopWriting(): Promise<void> {
    this.#isWriting = false;
    await this.#writing;
  }

  /** An append is acknowledged, and the healthy stores come to show it. */
  async expectOthersFollow(): Promise<void> {
    const position = await this.append();
    await Promise.all(TRIO.filter((name) => name !== this.troubled).map((name) => this.#reached(name, position, BESIDE_MS)));
  }

  /** The failed store comes to show everything appended so far, too, without help. */
  async expectCatchesUp(): Promise<void> {
    await this.#reached(this.troubled, (await this.events.head()) as Position, HEALED_MS);
  }

  /** True if everything hosted on the failed store reports that it cannot be reached. */
  get isUnavailable(): boolean {
    return this.#troubledStatus.every(({ isHealthy, reason = '' }) => !isHealthy && /^(READ_STORE_UNAVAILABLE|PROJECTION_STALLED)/.test(reason));
  }

  /** The progress of each projection on the failed store; 0 for one that has not begun. */
  get troubledPositions(): readonly bigint[] {
    return this.#troubledStatus.map(({ position = 0n }) => position);
  }

  /** Without writes: every store serves the fold of all events, and no status reports a fault. */
  async expectSound(): Promise<void> {
    const events = await allEventsOf(this.events);
    const deadline = performance.now() + HEALED_MS;
    for (const name of TRIO) {
      for (const fold of this.#folds[name]) await expectServesFold({ store: this.stores[name], fold, events, deadline });
    }
    // A commit is reported a moment later.
    while (!this.#projector.status().every(({ isHealthy }) => isHealthy)) {
      if (performance.now() > deadline) throw new Error(`not healthy again: ${this.#told()}`);
      await delay(50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isWriting = false;
    await this.#writing?.catch(() => undefined);
    await this.#projector.stop();
    await Promise.all(TRIO.map((name) => this.stores[name].close()));
    await this.events.close();
    await this.network.close();
  }

  async #reached(name: TrioName, position: Position, timeoutMs: number): Promise<void> {
    try {
      await Promise.all(this.#folds[name].map(({ projection }) => this.#projector.waitFor(projection.name, position, { timeoutMs })));
    } catch (error) {
      throw new Error(`${name} is not at ${position}: ${this.#told()}`, { cause: error });
    }
  }

  get #troubledStatus(): readonly ProjectionStatus[] {
    const hosted = new Set(this.#folds[this.troubled].map(({ projection }) => projection.name));
    return this.#projector.status().filter(({ projection }) => hosted.has(projection));
  }

  #told(): string {
    return this.#projector
      .status()
      .map(({ projection, state, position, reason = '' }) => `${projection} ${state} at ${position} ${reason}`)
      .join('; ');
  }
}

const ofEach = <Value>(of: (name: TrioName) => Value): Readonly<Record<TrioName, Value>> => ({
  postgres: of('postgres'),
  redis: of('redis'),
  opensearch: of('opensearch'),
});

/** A counter and, in the failed store, a tally with its roll-up: a doubled or lost event shows for ever. */
const projectionsOn = (name: TrioName, isTroubled: boolean) => {
  const count = toldCountOf(`${name}-count`);
  return isTroubled ? [talliesOf(undefined, 1, `${name}-tallies`), count] : [count];
};

/** A network to one server, which reports when a client sends. */
export class TroubledNetwork {
  /** Pieces that clients have sent. */
  spoken = 0;

  private constructor(readonly proxy: TcpProxy) {}

  static async to(port: number): Promise<TroubledNetwork> {
    let network: TroubledNetwork | undefined;
    const onPiece = (_: Buffer, from: 'client' | 'server'): void => {
      if (network && from === 'client') network.spoken++;
    };
    network = new TroubledNetwork(await TcpProxy.listen({ target: { host: '127.0.0.1', port }, onPiece }));
    return network;
  }

  get port(): number {
    return this.proxy.port;
  }

  close(): Promise<void> {
    return this.proxy.close();
  }
}
