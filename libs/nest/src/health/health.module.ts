// Health over HTTP: is the process alive, can it serve, and what is its progress? The checks run in @nestjs/terminus.
import type { JsonValue } from '@mainstem/event-store';
import {
  Controller,
  Get,
  HttpException,
  HttpStatus,
  Inject,
  Logger,
  Module,
  Res,
  type DynamicModule,
  type InjectionToken,
  type ModuleMetadata,
  type OnModuleDestroy,
} from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, TerminusModule, type HealthCheckResult, type HealthIndicatorResult } from '@nestjs/terminus';
import type { HealthCheck } from './health-check.js';
import { neutralError, neutralReason } from './neutral-reason.js';

export interface HealthModuleOptions {
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: readonly InjectionToken[];
  readonly useFactory: (...dependencies: never[]) => readonly HealthCheck[];
}

/** The longest time of a check: clients wait five seconds at most, as in docker-compose.yml. */
const CHECK_TIMEOUT_MS = 3_000;
const CHECKS = Symbol('mainstem:health-checks');

interface Response {
  status(code: number): unknown;
}

export interface Readiness {
  readonly status: 'ready' | 'not ready';
  readonly reasons: readonly { readonly check: string; readonly reason: string }[];
}

@Controller('health')
export class HealthController implements OnModuleDestroy {
  readonly #logger = new Logger('Health');
  /** The last failure of each check. */
  readonly #failed = new Map<string, string>();
  #isClosing = false;

  constructor(
    @Inject(CHECKS) private readonly checks: readonly HealthCheck[],
    @Inject(HealthCheckService) private readonly service: HealthCheckService,
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
  ) {}

  /** Red from the first step of closing; terminus reports the second one only, and projectors stop in between. */
  onModuleDestroy(): void {
    this.#isClosing = true;
  }

  /** 200 while the process answers. */
  @Get('live')
  live(): { readonly status: 'live' } {
    return { status: 'live' };
  }

  /** 200 if everything can serve; otherwise, and during the shutdown, 503 with the reasons. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<Readiness> {
    const result = await this.service.check(this.checks.map((check) => () => this.#indicate(check))).catch(resultOf);
    const reasons = Object.entries(result.error ?? {}).flatMap(([check, detail]) => reasonsIn(detail).map((reason) => ({ check, reason })));
    if (this.#isClosing) reasons.push({ check: 'application', reason: 'it is shutting down' });
    if (reasons.length > 0) response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status: reasons.length === 0 ? 'ready' : 'not ready', reasons };
  }

  /** The progress of each part. */
  @Get('progress')
  async progress(): Promise<Readonly<Record<string, JsonValue>>> {
    const entries = await Promise.all(this.checks.map(async (check) => [check.name, (await check.progress?.()) ?? null] as const));
    return Object.fromEntries(entries);
  }

  /** Down with its reasons, as clients may read them. A check that fails or is late is itself a reason. */
  async #indicate(check: HealthCheck): Promise<HealthIndicatorResult> {
    const session = this.indicators.check(check.name);
    let reasons: readonly string[] = [];
    const attempt = session.attempt(async () => void (reasons = await this.#ask(check))).withTimeout(CHECK_TIMEOUT_MS);
    const { [check.name]: detail } = await attempt;
    if (detail?.status === 'down') reasons = [String(detail['message'])];
    return reasons.length === 0 ? session.up() : session.down({ reasons });
  }

  async #ask(check: HealthCheck): Promise<readonly string[]> {
    try {
      const reasons = await check.reasons();
      this.#failed.delete(check.name);
      return reasons.map(neutralReason);
    } catch (error) {
      this.#log(check.name, error instanceof Error ? error.message : String(error));
      return [neutralError(error)];
    }
  }

  /** Reports each failure once, however often clients ask. */
  #log(name: string, text: string): void {
    if (this.#failed.get(name) === text) return;
    this.#failed.set(name, text);
    this.#logger.warn(`The check of ${name} failed: ${text}`);
  }
}

/** Serves `/health/live`, `/health/ready` and `/health/progress`. */
@Module({})
export class HealthModule {
  static forRootAsync(options: HealthModuleOptions): DynamicModule {
    return {
      module: HealthModule,
      // The client gets the failure; a red check every second would fill the log.
      imports: [TerminusModule.forRoot({ logger: false }), ...(options.imports ?? [])],
      controllers: [HealthController],
      providers: [{ provide: CHECKS, inject: [...(options.inject ?? [])], useFactory: options.useFactory }],
    };
  }
}

/** terminus throws its result when something is down. */
const resultOf = (error: unknown): HealthCheckResult => {
  if (error instanceof HttpException) return error.getResponse() as HealthCheckResult;
  throw error;
};

const reasonsIn = (detail: Readonly<Record<string, unknown>> | undefined): readonly string[] => (detail?.['reasons'] ?? []) as readonly string[];
