// The applications as services of a compose file.
import type { DeployedApplication } from './deployed-application.js';
import { STOP_S } from './stopping.js';

const DATA = '/data';

/** The file as an object; all applications are in one. */
export const composeFile = (applications: readonly DeployedApplication[]): unknown => {
  const volumes = applications.filter(({ volume }) => volume !== undefined).map(({ name }) => [volumeOf(name), {}] as const);
  return {
    services: Object.fromEntries(applications.map((application) => [application.name, serviceOf(application)])),
    ...(volumes.length > 0 && { volumes: Object.fromEntries(volumes) }),
  };
};

const serviceOf = (application: DeployedApplication) => {
  const { name, image, entry, port, volume, hostPort, replicas, scale, cpu, memory } = application;
  return {
    image,
    command: [entry],
    environment: environmentOf(application),
    ...(hostPort !== undefined && { ports: [`127.0.0.1:${hostPort}:${port}`] }),
    ...(volume !== undefined && { volumes: [`${volumeOf(name)}:${DATA}`] }),
    user: '1000:1000',
    read_only: true,
    tmpfs: ['/tmp'],
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    init: true,
    healthcheck: {
      test: ['CMD', 'node', '-e', `fetch('http://127.0.0.1:${port}/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))`],
      interval: '5s',
      timeout: '5s',
      retries: 6,
      start_period: '60s',
    },
    stop_grace_period: `${STOP_S + 5}s`,
    restart: 'unless-stopped',
    deploy: {
      // Nothing scales a compose file by load: the least number runs. A port of the machine has room for one.
      replicas: hostPort === undefined ? (scale?.min ?? replicas) : Math.min(1, scale?.min ?? replicas),
      resources: { reservations: { cpus: coresOf(cpu) }, limits: { memory: memory.replace('i', '').toLowerCase() } },
    },
  };
};

/** Of a secret, the variable of the same name is passed on; compose refuses to start without it. */
const environmentOf = ({ port, volume, settings, secrets }: DeployedApplication) => ({
  MAINSTEM_HOST: '0.0.0.0',
  PORT: String(port),
  ...(volume !== undefined && { MAINSTEM_DIR: DATA }),
  ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, value.replaceAll('$', '$$$$')])),
  ...Object.fromEntries(Object.keys(secrets).map((name) => [name, `\${${name}:?must be set}`])),
});

const coresOf = (cpu: string): string => String(cpu.endsWith('m') ? Number(cpu.slice(0, -1)) / 1000 : Number(cpu));
const volumeOf = (name: string): string => `${name}-data`;
