// Switches metrics and traces on, by settings. Without them it provides nothing, loads no library and sends nothing.
import { Controller, Get, Inject, Injectable, Module, Res, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { joinedTelemetry, type Telemetry } from './telemetry.js';
import { TELEMETRY } from './tokens.js';

export interface TelemetryModuleOptions {
  /** Serve figures for Prometheus under /metrics. */
  readonly metrics: boolean;
  /** Send traces to the receiver that OpenTelemetry's own variables name. */
  readonly traces: boolean;
  /** Name of the process in traces, unless OTEL_SERVICE_NAME gives another. */
  readonly serviceName: string;
}

interface Response {
  setHeader(name: string, value: string): unknown;
}

@Controller()
export class MetricsController {
  constructor(@Inject(TELEMETRY) private readonly telemetry: Telemetry) {}

  /** Every figure, in the text format of Prometheus. */
  @Get('metrics')
  async metrics(@Res({ passthrough: true }) response: Response): Promise<string> {
    const { contentType, body } = (await this.telemetry.exposition?.()) ?? { contentType: 'text/plain', body: '' };
    response.setHeader('Content-Type', contentType);
    return body;
  }
}

/** Closed last, so that it also covers the closing of the application. */
@Injectable()
class TelemetryLifetime implements OnApplicationShutdown {
  constructor(@Inject(TELEMETRY) private readonly telemetry: Telemetry) {}

  async onApplicationShutdown(): Promise<void> {
    await this.telemetry.close();
  }
}

/** Global: provides `TELEMETRY` to `CommandModule`, `ProjectorModule`, `configureHttp`; serves `/metrics` if set. */
@Module({})
export class TelemetryModule {
  static forRoot(options: TelemetryModuleOptions): DynamicModule {
    const { metrics, traces } = options;
    if (!metrics && !traces) return { module: TelemetryModule };
    return {
      module: TelemetryModule,
      global: true,
      controllers: metrics ? [MetricsController] : [],
      providers: [{ provide: TELEMETRY, useFactory: () => loadTelemetry(options) }, TelemetryLifetime],
      exports: [TELEMETRY],
    };
  }
}

/** Telemetry by the settings, with its libraries, for a process that is no Nest application. The caller closes it. */
export const loadTelemetry = async ({ metrics, traces, serviceName }: TelemetryModuleOptions): Promise<Telemetry> =>
  joinedTelemetry([
    ...(metrics ? [(await import('./prometheus.js')).prometheusTelemetry()] : []),
    ...(traces ? [(await import('./open-telemetry.js')).openTelemetry(serviceName)] : []),
  ]);
