// Read your own writes over HTTP: waits for the position that a client asks for, and returns the one that is reflected.
import { inTime, laterPosition, type EventStore, type Position, type Runtime } from '@mainstem/event-store';
import { waitForPosition, type ReadStore } from '@mainstem/projection';
import { Inject, Injectable, Module, type CallHandler, type DynamicModule, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { APP_INTERCEPTOR, ModuleRef, Reflector } from '@nestjs/core';
import { catchError, from, map, mergeMap, type Observable } from 'rxjs';
import { POSITION_HEADER } from '../commands/command-answer.js';
import { EVENT_STORE, RUNTIME } from '../event-store/tokens.js';
import { TailLate } from '../errors.js';
import { isReflecting, type Answer } from './answer.js';
import { minPositionOf, type MinPosition } from './min-position.js';
import { hidePosition } from './query-position.js';
import { READ_SOURCE, type ReadSource } from './reads-from.js';

export interface PositionOptions {
  /** The longest wait for a position until the answer is 503. Default 5,000. */
  readonly waitTimeoutMs?: number;
}

const WAIT_TIMEOUT_MS = 5_000;
const OPTIONS = Symbol('mainstem:position-options');

interface Response {
  setHeader(name: string, value: string): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * For routes with `ReadsFrom`. Outside HTTP (RPC, WebSockets, GraphQL) there are no headers: no request waits, and the
 * answer is the value alone. `latest` reads the end of the event store first. Errors of the wait: PROJECTION_BEHIND,
 * REQUEST_INVALID, EVENT_STORE_UNAVAILABLE.
 */
@Injectable()
export class PositionInterceptor implements NestInterceptor {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(RUNTIME) private readonly runtime: Runtime,
    @Inject(OPTIONS) private readonly options: PositionOptions,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const source = this.reflector.get<ReadSource | undefined>(READ_SOURCE, context.getHandler());
    if (!source) return next.handle();
    if (context.getType() !== 'http') return next.handle().pipe(map((answer: Answer<unknown>) => answer.value));
    const response = context.switchToHttp().getResponse<Response>();
    const asked = minPositionOf(context.switchToHttp().getRequest());
    hidePosition(context);
    return from(this.#wait(source, asked, response)).pipe(
      mergeMap(() => next.handle() as Observable<Answer<unknown>>),
      map(({ value, position }) => {
        tell(response, position);
        return value;
      }),
      catchError((error: unknown) => {
        if (isReflecting(error)) tell(response, error.reflects);
        throw error;
      }),
    );
  }

  async #wait({ store, projections }: ReadSource, { position, isLatest }: MinPosition, response: Response): Promise<void> {
    const closed = new AbortController();
    response.once('close', () => closed.abort());
    const timeoutMs = this.options.waitTimeoutMs ?? WAIT_TIMEOUT_MS;
    const asked = isLatest ? laterPosition(position, await this.#tail(timeoutMs, closed.signal)) : position;
    // Zero comes from an answer that reflects nothing yet: there is nothing to wait for.
    if (asked === undefined || asked === 0n) return;
    const readStore = this.modules.get<ReadStore>(store, { strict: false });
    await waitForPosition(readStore, projections, asked, { timeoutMs, signal: closed.signal, runtime: this.runtime });
  }

  /** The end of the event store. Errors: EVENT_STORE_UNAVAILABLE, and those of the store. */
  async #tail(timeoutMs: number, signal: AbortSignal): Promise<Position | undefined> {
    const store = this.modules.get<EventStore>(EVENT_STORE, { strict: false });
    return inTime(store.head(signal), timeoutMs, this.runtime, () => {
      throw new TailLate(timeoutMs);
    });
  }
}

const tell = (response: Response, position: Position | undefined): unknown => response.setHeader(POSITION_HEADER, String(position ?? 0n));

/** Adds `PositionInterceptor` to every route. Needs `RUNTIME` of `EventStoreModule` or another global module. */
@Module({})
export class PositionModule {
  static forRoot(options: PositionOptions = {}): DynamicModule {
    return {
      module: PositionModule,
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: APP_INTERCEPTOR, useClass: PositionInterceptor },
      ],
    };
  }
}
