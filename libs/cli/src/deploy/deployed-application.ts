// One application with everything that a target needs to render it: the config checked and its defaults filled in.
import { DeployConfigInvalid } from '../errors.js';
import type { ApplicationDeployment, DeployConfig, Scale, SecretReference } from './deploy-config.js';
import { bytes, checkFields, cpu, image, meant, needed, object, port, ports, text, url, whole } from './fields.js';

export interface DeployedApplication {
  readonly name: string;
  readonly image: string;
  readonly entry: string;
  readonly port: number;
  readonly replicas: number;
  readonly scale: Scale | undefined;
  readonly volume: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, SecretReference>>;
  readonly cpu: string;
  readonly memory: string;
  readonly reaches: readonly number[] | undefined;
  readonly hostPort: number | undefined;
}

const REPLICAS_MAX = 100;
const PORT_DEFAULT = 3000;
const CONFIG = { image, port, settings: object, secrets: object, applications: object };
const APPLICATION = {
  image,
  entry: text,
  replicas: whole(0, REPLICAS_MAX),
  scale: object,
  volume: bytes,
  settings: object,
  secrets: object,
  cpu,
  memory: bytes,
  reaches: ports,
  hostPort: port,
};
const SCALE = {
  min: whole(1, REPLICAS_MAX),
  max: whole(1, REPLICAS_MAX),
  cpuPercent: whole(1, 100),
  lagEvents: whole(1, Number.MAX_SAFE_INTEGER),
  prometheus: url,
};
/** As a label of DNS, with room for what is added to it. */
const NAME = /^[a-z](?:[a-z0-9-]{0,50}[a-z0-9])?$/;
const VARIABLE = /^[A-Z][A-Z0-9_]*$/;
const SECRET = {
  secret: { is: (value: unknown) => typeof value === 'string' && /^[a-z0-9][a-z0-9.-]*$/.test(value), words: 'the name of a Secret' },
  key: text,
};

/** In order of their names. Errors: CLI_DEPLOY_CONFIG_INVALID, which names the field. */
export const deployedApplications = (file: string, value: unknown, entries: ReadonlyMap<string, string>): readonly DeployedApplication[] => {
  checkFields(file, '', value, CONFIG);
  const config = value as DeployConfig;
  needed(file, 'image', config.image);
  needed(file, 'applications', config.applications);
  checkEnvironment(file, '', config);
  const names = Object.keys(config.applications).sort();
  if (names.length === 0) throw new DeployConfigInvalid(file, 'applications is empty. Name those of nest-cli.json that are deployed.');
  const applications = names.map((name) => deployed(file, name, config, entries));
  checkHostPorts(file, applications);
  return applications;
};

/** Each is a port of the one machine that runs the compose file. */
const checkHostPorts = (file: string, applications: readonly DeployedApplication[]): void => {
  const owners = new Map<number, string>();
  for (const { name, hostPort } of applications) {
    if (hostPort === undefined) continue;
    const owner = owners.get(hostPort);
    if (owner !== undefined)
      throw new DeployConfigInvalid(
        file,
        `applications.${name}.hostPort is ${hostPort}, and that of applications.${owner}, too. Give each one a port of its own.`,
      );
    owners.set(hostPort, name);
  }
};

const deployed = (file: string, name: string, config: DeployConfig, entries: ReadonlyMap<string, string>): DeployedApplication => {
  const path = `applications.${name}`;
  const known = [...entries.keys()];
  const entry = entries.get(name);
  if (entry === undefined)
    throw new DeployConfigInvalid(file, `${path} is no application of nest-cli.json.${meant(name, known)} It has: ${known.join(', ')}.`);
  if (!NAME.test(name)) throw new DeployConfigInvalid(file, `${path} cannot name objects: lower-case letters, digits and hyphens only, at most 52.`);
  const given = config.applications[name] ?? {};
  checkFields(file, path, given, APPLICATION);
  checkEnvironment(file, `${path}.`, given);
  const application: DeployedApplication = {
    name,
    image: given.image ?? config.image,
    entry: given.entry ?? entry,
    port: config.port ?? PORT_DEFAULT,
    replicas: given.replicas ?? 1,
    scale: given.scale,
    volume: given.volume,
    ...environmentOf(config, given),
    cpu: given.cpu ?? '250m',
    memory: given.memory ?? '512Mi',
    reaches: given.reaches,
    hostPort: given.hostPort,
  };
  checkInstances(file, path, application, given);
  return application;
};

/** What the application says replaces what is said for all, also a secret by a setting. */
const environmentOf = (all: DeployConfig, own: ApplicationDeployment): Pick<DeployedApplication, 'settings' | 'secrets'> => ({
  settings: { ...without(all.settings, own.secrets), ...own.settings },
  secrets: { ...without(all.secrets, own.settings), ...own.secrets },
});

const without = <Value>(values: Readonly<Record<string, Value>> = {}, replaced: object = {}): Record<string, Value> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !Object.hasOwn(replaced, name)));

const checkInstances = (file: string, path: string, application: DeployedApplication, { replicas }: ApplicationDeployment): void => {
  const { volume, scale } = application;
  const refuse = (problem: string): never => {
    throw new DeployConfigInvalid(file, `${path}${problem}`);
  };
  if (volume !== undefined && application.replicas > 1)
    refuse(`.replicas is ${application.replicas}, but an embedded store has one writer. Move it to a server, or leave replicas at 1.`);
  if (volume !== undefined && Object.hasOwn(application.settings, 'MAINSTEM_DIR'))
    refuse(' has a volume, and settings with MAINSTEM_DIR. Remove that one: the volume is its folder.');
  if (volume !== undefined && scale !== undefined)
    refuse('.scale contradicts volume: an embedded store has one writer. Move it to a server, or remove scale.');
  if (scale === undefined) return;
  if (replicas !== undefined) refuse('.replicas contradicts scale; give one of them.');
  checkScale(file, path, scale, application);
};

const checkScale = (file: string, path: string, scale: Scale, { settings }: DeployedApplication): void => {
  checkFields(file, `${path}.scale`, scale, SCALE);
  for (const field of ['min', 'max'] as const) needed(file, `${path}.scale.${field}`, scale[field]);
  const refuse = (problem: string): never => {
    throw new DeployConfigInvalid(file, `${path}.scale${problem}`);
  };
  if (scale.max < scale.min) refuse(`.max must be at least min (${scale.min}).`);
  if ((scale.cpuPercent === undefined) === (scale.lagEvents === undefined)) refuse(' needs cpuPercent or lagEvents, one of them.');
  if ((scale.lagEvents === undefined) !== (scale.prometheus === undefined)) refuse(': lagEvents and prometheus go together.');
  if (scale.lagEvents === undefined) return;
  if (settings['METRICS'] !== 'on') refuse('.lagEvents needs the metrics of the application: put METRICS: "on" into its settings.');
  if (/^(?:esdb|kurrentdb|kurrent|kdb)(?:\+discover)?:\/\//.test(settings['EVENT_STORE'] ?? ''))
    refuse('.lagEvents needs positions that count events, and those of EventStoreDB do not. Scale by cpuPercent.');
  const parts = partsOf(settings['PROJECTION_PARTITIONS']);
  if (scale.max > parts)
    refuse(`.max is ${scale.max}, but PROJECTION_PARTITIONS has ${parts} at most: more instances than parts would only wait. Change one of them.`);
};

/** The most parts that a projection runs in: `order-lines=4,products=2` has 4. The application refuses odd texts. */
const partsOf = (partitions = ''): number => Math.max(1, ...[...partitions.matchAll(/=(\d+)/g)].map(([, parts]) => Number(parts)));

const URL_WITH_PASSWORD = /:\/\/[^/?#\s]*:[^/\s]*@/;
/** Not every KEY: partitions and public keys have one, too. */
const NAME_OF_PASSWORD = /(?:PASSWORD|PASSPHRASE|SECRET|TOKEN|(?:API|ACCESS|PRIVATE|SECRET|ENCRYPTION|SIGNING)_?KEY)$/;

const checkEnvironment = (file: string, path: string, { settings = {}, secrets = {} }: Pick<ApplicationDeployment, 'settings' | 'secrets'>): void => {
  for (const [name, value] of Object.entries(settings) as [string, unknown][]) {
    checkVariable(file, `${path}settings.${name}`, name);
    if (typeof value !== 'string') throw new DeployConfigInvalid(file, `${path}settings.${name} must be a text; put it in quotes.`);
    if (URL_WITH_PASSWORD.test(value) || NAME_OF_PASSWORD.test(name))
      throw new DeployConfigInvalid(file, `${path}settings.${name} holds a password. Put the value into a Secret, and name that in secrets.`);
    if (Object.hasOwn(secrets, name)) throw new DeployConfigInvalid(file, `${path}secrets.${name} is in settings, too; keep one of them.`);
  }
  for (const [name, reference] of Object.entries(secrets)) {
    const at = `${path}secrets.${name}`;
    checkVariable(file, at, name);
    checkFields(file, at, reference, SECRET);
    for (const field of ['secret', 'key'] as const) needed(file, `${at}.${field}`, reference[field]);
  }
};

/** Set for every application by what is rendered. */
const OURS = ['MAINSTEM_HOST', 'PORT'];

const checkVariable = (file: string, path: string, name: string): void => {
  if (!VARIABLE.test(name)) throw new DeployConfigInvalid(file, `${path} must be the name of a variable like EVENT_STORE.`);
  if (OURS.includes(name)) throw new DeployConfigInvalid(file, `${path} is set by what is rendered. Remove it; port is a field of its own.`);
};
