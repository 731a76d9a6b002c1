// What a process can be told about its HTTP edge, its log, its figures and its traces.
import { isOn, list, oneOf, optional, together, wholeNumber, type Given, type Setting } from '@mainstem/event-store/settings';
import { HOST_DEFAULT } from './process/host-default.js';

const PORT_DEFAULT = 3_000;
const PORT_MAX = 65_535;
const HOST_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** The settings of `listen`. `port` is the default of this process. */
export const httpSettings = ({ port = PORT_DEFAULT }: { readonly port?: number } = {}) => ({
  host: {
    flag: '--host',
    takes: '<address>',
    environment: 'MAINSTEM_HOST',
    default: HOST_DEFAULT,
    help: 'address to listen on: this machine alone; `0.0.0.0` is every one that it has. Applications have no authentication',
    parse: (text) => text,
  } as const satisfies Setting<string>,
  port: {
    flag: '--port',
    takes: '<n>',
    environment: 'PORT',
    default: String(port),
    help: 'port to listen on; `0` takes a free one',
    parse: wholeNumber(0, PORT_MAX),
  } as const satisfies Setting<number>,
  allowedHosts,
});

/** In small letters. */
const allowedHosts: Setting<readonly string[]> = {
  environment: 'MAINSTEM_ALLOWED_HOSTS',
  default: '',
  help:
    'names that are served besides `localhost` and addresses such as 127.0.0.1 while `--host` is a loopback address: `shop.test,shop.local`. ' +
    'Other names are answered 421, so that no page of the web reaches the application under a name of its own',
  parse: (text, { mustBe }) => {
    const names = list(text.toLowerCase());
    if (!names.every((name) => HOST_NAME.test(name))) throw mustBe('host names without port, with commas between');
    return names;
  },
};

/** How each line of the log is written. */
export const logFormatSetting: Setting<'text' | 'json'> = {
  environment: 'LOG_FORMAT',
  default: 'text',
  help: '`json` writes each line of the log as a JSON object',
  parse: oneOf('text', 'json'),
};

/** Serve figures for Prometheus. */
export const metricsSetting: Setting<boolean> = {
  environment: 'METRICS',
  default: 'off',
  help: '`on` serves figures for Prometheus under `/metrics`',
  parse: isOn,
};

const endpoint = (environment: string, help: string): Setting<string | undefined> => ({
  environment,
  default: '',
  help,
  shows: 'address',
  isForeign: true,
  parse: optional(url),
});

const url = (text: string, { mustBe }: Given): string => {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw mustBe('a URL like http://localhost:4318');
  return text;
};

/** Send traces to the receiver that OpenTelemetry's own variables name. */
const traces = together(
  {
    endpoint: endpoint(
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      "`http://collector:4318` sends traces there, by OTLP over HTTP; OpenTelemetry's other variables (headers, sampling, `OTEL_SERVICE_NAME`) count as well",
    ),
    tracesEndpoint: endpoint('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'the whole address for traces alone'),
    isDisabled: {
      environment: 'OTEL_SDK_DISABLED',
      default: '',
      help: '`true` overrules both',
      isForeign: true,
      parse: (text) => text.toLowerCase() === 'true',
    } as const satisfies Setting<boolean>,
  },
  ({ endpoint, tracesEndpoint, isDisabled }) => (endpoint !== undefined || tracesEndpoint !== undefined) && !isDisabled,
);

/** The settings of the log and of `TelemetryModule`. */
export const watchingSettings = { logFormat: logFormatSetting, metrics: metricsSetting, traces } as const;
