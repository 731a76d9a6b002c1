// Hosts a projector in an application: it starts after the application, and stops before anything is closed.
import type { EventStore, Runtime } from '@mainstem/event-store';
import { Projector, type ProjectionStatus } from '@mainstem/projection';
import { crashAtOf, LEASE_MS_DEFAULT } from '@mainstem/projection/operate';
import type { Hosted } from '@mainstem/projection/reaction';
import {
  Inject,
  Injectable,
  Logger,
  Module,
  type DynamicModule,
  type InjectionToken,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { hostname } from 'node:os';
import { declareCategories } from '../event-store/declared-categories.js';
import { ProjectorTwice } from '../errors.js';
import { EVENT_STORE, RUNTIME } from '../event-store/tokens.js';
import { DependencyWatch, EVENT_STORE_NAME, readStoreName } from '../health/dependency-watch.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { TELEMETRY } from '../telemetry/tokens.js';

export interface ProjectorModuleOptions {
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: readonly InjectionToken[];
  /** What to run: projections, reactors, processes; the caller closes the read stores in `onApplicationShutdown`. */
  readonly useFactory: (...dependencies: never[]) => readonly Hosted[] | Promise<readonly Hosted[]>;
  /** Instances of the application share the projections by leases of this length. Default 5,000. */
  readonly leaseMs?: number;
}

const HOSTED = Symbol('mainstem:hosted-projections');
const LEASE_MS = Symbol('mainstem:lease-ms');

@Injectable()
class ProjectorLifetime implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(@Inject(Projector) private readonly projector: Projector) {}

  onApplicationBootstrap(): void {
    this.projector.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.projector.stop();
  }
}

/**
 * Global: provides the `Projector`. Needs `EventStoreModule`. Refuses categories that can make the same stream as an
 * aggregate of the application, and a second `ProjectorModule` in it. Errors: EVENT_STORE_AMBIGUOUS_CATEGORY,
 * PROJECTOR_TWICE, and those of `Projector`.
 */
@Module({})
export class ProjectorModule {
  static forRootAsync(options: ProjectorModuleOptions): DynamicModule {
    return {
      module: ProjectorModule,
      global: true,
      imports: options.imports ?? [],
      providers: [
        { provide: HOSTED, inject: [...(options.inject ?? [])], useFactory: options.useFactory },
        { provide: LEASE_MS, useValue: options.leaseMs ?? LEASE_MS_DEFAULT },
        {
          provide: Projector,
          inject: [
            ModulesContainer,
            EVENT_STORE,
            RUNTIME,
            HOSTED,
            LEASE_MS,
            { token: DependencyWatch, optional: true },
            { token: TELEMETRY, optional: true },
          ],
          useFactory: projectorOf,
        },
        ProjectorLifetime,
      ],
      exports: [Projector],
    };
  }
}

// Keyed by something that each application of a process has once.
const hosting = new WeakSet<ModulesContainer>();

const projectorOf = (
  application: ModulesContainer,
  reader: EventStore,
  runtime: Runtime,
  projections: readonly Hosted[],
  durationMs: number,
  watch: DependencyWatch | undefined,
  telemetry?: Telemetry,
): Projector => {
  if (hosting.has(application)) throw new ProjectorTwice();
  hosting.add(application);
  const crash = crashAtOf(process.env); // for tests that kill the process
  const lease = { owner: instanceName(runtime), durationMs };
  const onChange = logChange(new Logger('Projector'), projections, watch);
  // First of all: it checks what it is given.
  const projector = new Projector({ reader, runtime, projections, lease, onChange, observe: telemetry?.projections, ...(crash && { crash }) });
  declareCategories(
    application,
    projections.flatMap(({ projection }) => projection.wanted.categories),
  );
  telemetry?.follow?.(projector);
  return projector;
};

/** Shows people which process it is, and is unique, also compared with earlier processes of the same number. */
const instanceName = (runtime: Runtime): string => `${hostname()}:${process.pid}:${runtime.uuid().slice(0, 8)}`;

/** The watch reports an outage of the store once, instead of every projection that waits for it. */
const OUTAGE = /^(EVENT|READ)_STORE_UNAVAILABLE\b/;

/** Logs each change of a projection's state once, louder if a person must act. */
const logChange = (logger: Logger, hosted: readonly Hosted[], watch: DependencyWatch | undefined): ((status: ProjectionStatus) => void) => {
  const last = new Map<string, string>();
  /** The newest one, reported or not. */
  const current = new Map<string, string>();
  const tell = (key: string, text: string, log: () => void): void => {
    if (last.get(key) === text) return;
    last.set(key, text);
    log();
  };
  return ({ projection, store, state, reason, owner }) => {
    const by = state === 'standby' && owner !== undefined ? `, run by ${owner}` : '';
    const isInSeveral = hosted.some((other) => other.projection.name === projection && other.store.name !== store);
    const title = isInSeveral ? `${projection} (${store})` : projection;
    const text = `${title}: ${state}${by}${reason === undefined ? '' : `, ${reason}`}`;
    const key = `${store} ${projection}`;
    current.set(key, text);
    const [, kind] = (state === 'retrying' ? OUTAGE.exec(reason ?? '') : undefined) ?? [];
    if (kind === undefined || !watch) return tell(key, text, () => logAt(logger, state, reason, text));
    // Louder than the watch only if the store answers others.
    void watch.isAway(kind === 'EVENT' ? EVENT_STORE_NAME : readStoreName(store)).then((isAway) => {
      if (!isAway && current.get(key) === text) tell(key, text, () => logger.warn(text));
    });
  };
};

const logAt = (logger: Logger, state: ProjectionStatus['state'], reason: string | undefined, text: string): void => {
  // Stopped without a reason: the application is closing.
  if (state === 'stopped' && reason !== undefined) logger.error(text);
  else if (state === 'retrying' || state === 'waiting') logger.warn(text);
  else logger.log(text);
};
