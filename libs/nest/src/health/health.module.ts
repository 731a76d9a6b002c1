// Health over HTTP: is the process alive, can it serve, and how far is it.
import type { JsonValue } from '@mainstem/event-store';
import { Controller, Get, HttpStatus, Inject, Module, Res, type DynamicModule, type InjectionToken, type ModuleMetadata } from '@nestjs/common';
import type { HealthCheck } from './health-check.js';

export interface HealthModuleOptions {
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: readonly InjectionToken[];
  readonly useFactory: (...dependencies: never[]) => readonly HealthCheck[];
}

const CHECKS = Symbol('mainstem:health-checks');

interface Response {
  status(code: number): unknown;
}

export interface Readiness {
  readonly status: 'ready' | 'not ready';
  readonly reasons: readonly { readonly check: string; readonly reason: string }[];
}

@Controller('health')
export class HealthController {
  constructor(@Inject(CHECKS) private readonly checks: readonly HealthCheck[]) {}

  /** 200 as long as the process answers. */
  @Get('live')
  live(): { readonly status: 'live' } {
    return { status: 'live' };
  }

  /** 200 when everything can serve; 503 with the reasons before, and whenever something has stopped. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<Readiness> {
    const reasons = await Promise.all(this.checks.map(async (check) => (await reasonsOf(check)).map((reason) => ({ check: check.name, reason }))));
    const all = reasons.flat();
    if (all.length > 0) response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status: all.length === 0 ? 'ready' : 'not ready', reasons: all };
  }

  /** How far each part is. */
  @Get('progress')
  async progress(): Promise<Readonly<Record<string, JsonValue>>> {
    const entries = await Promise.all(this.checks.map(async (check) => [check.name, (await check.progress?.()) ?? null] as const));
    return Object.fromEntries(entries);
  }
}

/** Serves `/health/live`, `/health/ready` and `/health/progress`. */
@Module({})
export class HealthModule {
  static forRootAsync(options: HealthModuleOptions): DynamicModule {
    return {
      module: HealthModule,
      imports: options.imports ?? [],
      controllers: [HealthController],
      providers: [{ provide: CHECKS, inject: [...(options.inject ?? [])], useFactory: options.useFactory }],
    };
  }
}

/** A check that fails to answer is a reason by itself. */
const reasonsOf = async (check: HealthCheck): Promise<readonly string[]> => {
  try {
    return await check.reasons();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
};
