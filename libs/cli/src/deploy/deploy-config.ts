// What a team says about its deployment: deploy.config.json, or deploy.config.ts with defineDeployment.

/** A key of a Secret in Kubernetes. In a compose file the variable of the setting itself takes its place. */
export interface SecretReference {
  readonly secret: string;
  readonly key: string;
}

/** How many instances there are, between two bounds. */
export interface Scale {
  readonly min: number;
  readonly max: number;
  /** More instances above this share of the requested CPU, from 1 to 100. One of this and `lagEvents`. */
  readonly cpuPercent?: number;
  /** More instances above so many events of lag each, by KEDA; `max` is at most PROJECTION_PARTITIONS. */
  readonly lagEvents?: number;
  /** The Prometheus that collects the metrics of the applications; needed for `lagEvents`. */
  readonly prometheus?: string;
}

/** One application, by its name in nest-cli.json. */
export interface ApplicationDeployment {
  /** Default: the image of all. */
  readonly image?: string;
  /** The module that Node runs. Default: `dist/<sourceRoot>/<entry file>.js`, as Nest's builder `tsc` writes it. */
  readonly entry?: string;
  /** Default 1. Not with `scale`. */
  readonly replicas?: number;
  readonly scale?: Scale;
  /** Size of the volume of embedded stores, at /data, like `10Gi`. They have one writer, so there is one instance. */
  readonly volume?: string;
  /** Environment, added to that of all. No passwords. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Environment from Secrets, added to that of all: URLs with passwords. */
  readonly secrets?: Readonly<Record<string, SecretReference>>;
  /** Requested CPU, like `250m`; default 250m. There is no limit of it. */
  readonly cpu?: string;
  /** Requested memory and its limit, like `512Mi`; default 512Mi. */
  readonly memory?: string;
  /** Ports that the application may connect to, besides DNS. Default: every one. */
  readonly reaches?: readonly number[];
  /** The port of this machine that leads to it in a compose file, with one instance. Default: none. */
  readonly hostPort?: number;
}

/** Everything that `mainstem deploy render` needs besides nest-cli.json. */
export interface DeployConfig {
  readonly image: string;
  /** The port on which each application listens; default 3000. */
  readonly port?: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, SecretReference>>;
  /** Those that are deployed. */
  readonly applications: Readonly<Record<string, ApplicationDeployment>>;
}

/** Gives a deploy.config.ts its types: `export default defineDeployment({ … })`. */
export const defineDeployment = (config: DeployConfig): DeployConfig => config;
