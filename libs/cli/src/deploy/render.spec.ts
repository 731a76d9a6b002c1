// mainstem deploy render: what it writes, what it refuses, and that it shows differences that apply.
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { render, type RenderOptions } from './render.js';

const PROJECTS = {
  desk: { type: 'application', sourceRoot: 'src', entryFile: 'main' },
  tickets: { type: 'application', sourceRoot: 'apps/tickets/src', entryFile: 'tickets/src/main' },
  words: { type: 'library', sourceRoot: 'libs/words/src', entryFile: 'index' },
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'mainstem-deploy-'));
  await writeFile(path.join(folder, 'nest-cli.json'), JSON.stringify({ projects: PROJECTS }));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const configured = (config: unknown) => writeFile(path.join(folder, 'deploy.config.json'), JSON.stringify(config));
const withTickets = (tickets: unknown, all: object = {}) => configured({ image: 'desk:1', ...all, applications: { tickets } });

const run = async (options: RenderOptions = { target: 'kubernetes' }) => {
  const printed: string[] = [];
  const said: string[] = [];
  const print = (line: string) => Promise.resolve(void printed.push(line));
  const terminal = { isInteractive: false, print, say: (line: string) => void said.push(line), errorStream: process.stderr };
  const code = await render(terminal, folder, options);
  return { code, printed: printed.join('\n'), said: said.join('\n') };
};

type Fields = Readonly<Record<string, unknown>>;
interface Written {
  readonly kind: string;
  readonly spec: Fields;
}
const written = async (application = 'tickets'): Promise<ReadonlyMap<string, Fields>> => {
  const text = await readFile(path.join(folder, 'deploy', 'kubernetes', `${application}.yaml`), 'utf8');
  const manifests = parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJS() as Written);
  return new Map(manifests.map(({ kind, spec }) => [kind, spec]));
};

describe('the manifests of an application', () => {
  it('are a Deployment, a Service, a policy for the network and one for disruptions', async () => {
    await withTickets({ replicas: 2, reaches: [5432] });
    expect((await run()).code).toBe(0);
    const manifests = await written();
    expect([...manifests.keys()]).toEqual(['Deployment', 'Service', 'NetworkPolicy', 'PodDisruptionBudget']);
    expect(manifests.get('Deployment')).toMatchObject({ replicas: 2, strategy: { type: 'RollingUpdate' } });
    expect(manifests.get('NetworkPolicy')).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ ports: expect.arrayContaining([{ protocol: 'TCP', port: 5432 }]) }],
    });
  });

  it('run restricted, with probes on the health of the application', async () => {
    await withTickets({});
    await run();
    expect((await written()).get('Deployment')).toMatchObject({
      template: {
        spec: {
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              args: ['dist/apps/tickets/src/main.js'],
              livenessProbe: { httpGet: { path: '/health/live' } },
              readinessProbe: { httpGet: { path: '/health/ready' } },
              securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      },
    });
  });

  it('keep texts that YAML 1.1 would take for something else, and name Secrets in place of their values', async () => {
    await withTickets({ secrets: { READ_STORE_SQL: { secret: 'stores', key: 'sql' } } }, { settings: { METRICS: 'on', LIMIT: '08' } });
    await run();
    const spec = (await written()).get('Deployment') as { template: { spec: { containers: [{ env: unknown[] }] } } };
    expect(spec.template.spec.containers[0].env).toEqual(
      expect.arrayContaining([
        { name: 'METRICS', value: 'on' },
        { name: 'LIMIT', value: '08' },
        { name: 'READ_STORE_SQL', valueFrom: { secretKeyRef: { name: 'stores', key: 'sql' } } },
      ]),
    );
  });

  it('give an embedded store a volume and one instance, which ends before the next one starts', async () => {
    await withTickets({ volume: '10Gi' });
    await run();
    const manifests = await written();
    expect(manifests.get('PersistentVolumeClaim')).toMatchObject({ resources: { requests: { storage: '10Gi' } } });
    expect(manifests.get('Deployment')).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  });

  it('leave the number of instances to what scales them, by CPU or by lag', async () => {
    await withTickets({ scale: { min: 1, max: 9, cpuPercent: 70 } });
    await run();
    expect((await written()).get('Deployment')).not.toHaveProperty('replicas');
    expect((await written()).get('HorizontalPodAutoscaler')).toMatchObject({ minReplicas: 1, maxReplicas: 9 });
    const settings = { METRICS: 'on', PROJECTION_PARTITIONS: 'open=4,closed=2' };
    await withTickets({ scale: { min: 1, max: 4, lagEvents: 500, prometheus: 'http://prometheus:9090' }, settings });
    await run();
    expect((await written()).get('ScaledObject')).toMatchObject({
      maxReplicaCount: 4,
      // Without it, no answer would count as no lag.
      triggers: [{ type: 'prometheus', metadata: { threshold: '500', ignoreNullValues: 'false' } }],
    });
  });
});

describe('a compose file', () => {
  it('takes Secrets from variables that must be set, and keeps a dollar sign', async () => {
    await withTickets({ secrets: { EVENT_STORE: { secret: 'stores', key: 'events' } }, settings: { GREETING: 'US$5' } });
    await run({ target: 'compose' });
    const text = await readFile(path.join(folder, 'deploy', 'compose', 'compose.yaml'), 'utf8');
    expect(text).toContain('EVENT_STORE: ${EVENT_STORE:?must be set}');
    expect(text).toContain('GREETING: US$$5');
  });
});

describe('a refused config', () => {
  const lag = { lagEvents: 500, prometheus: 'http://prometheus:9090' };
  it.each<[string, unknown, object?]>([
    ['applications.tickets.replicas is 2, but an embedded store has one writer', { volume: '1Gi', replicas: 2 }],
    ['applications.tickets.scale contradicts volume', { volume: '1Gi', scale: { min: 1, max: 2, cpuPercent: 50 } }],
    [
      'applications.tickets.scale.max is 3, but PROJECTION_PARTITIONS has 2',
      { scale: { min: 1, max: 3, ...lag }, settings: { METRICS: 'on', PROJECTION_PARTITIONS: 'open=2' } },
    ],
    ['applications.tickets.scale.lagEvents needs the metrics', { scale: { min: 1, max: 1, ...lag } }],
    ['applications.tickets.replica is unknown. Did you mean replicas?', { replica: 2 }],
    ['applications.tickets.settings.EVENT_STORE holds a password', { settings: { EVENT_STORE: 'postgres://me:secret@host/db' } }],
    ['applications.tickets.settings.EVENT_STORE_PASSWORD holds a password', { settings: { EVENT_STORE_PASSWORD: 'hidden' } }],
    ['settings.CLIENT_SECRET holds a password', {}, { settings: { CLIENT_SECRET: 'hidden' } }],
    ['settings.TOKEN holds a password', {}, { settings: { TOKEN: 'hidden' } }],
    ['settings.MAIL_API_KEY holds a password', {}, { settings: { MAIL_API_KEY: 'hidden' } }],
    [
      'applications.tickets.hostPort is 3000, and that of applications.desk, too',
      {},
      { applications: { desk: { hostPort: 3000 }, tickets: { hostPort: 3000 } } },
    ],
    [
      'applications.tickets.scale.lagEvents needs positions that count events',
      { scale: { min: 1, max: 1, ...lag } },
      { settings: { METRICS: 'on', EVENT_STORE: 'esdb://events:2113' } },
    ],
    [
      'applications.tickets.scale.lagEvents needs positions that count events',
      { scale: { min: 1, max: 1, ...lag }, settings: { METRICS: 'on', EVENT_STORE: 'kurrentdb+discover://events:2113' } },
    ],
    ['applications.tickets.settings.METRICS must be a text', { settings: { METRICS: true } }],
    ['applications.tickets.secrets.SQL.key is missing', { secrets: { SQL: { secret: 'stores' } } }],
    ['applications.tickets.memory must be an amount', { memory: '512' }],
    ['applications.tickets must be an object', 'one'],
    ['image must be an image with a version', {}, { image: 'desk' }],
    ['applications.ticket is no application of nest-cli.json. Did you mean tickets?', {}, { applications: { ticket: {} } }],
    ['applications.words is no application', {}, { applications: { words: {} } }],
  ])('says: %s', async (problem, tickets, all = {}) => {
    await configured({ image: 'desk:1', applications: { tickets }, ...all });
    await expect(run()).rejects.toMatchObject({
      code: 'CLI_DEPLOY_CONFIG_INVALID',
      message: expect.stringContaining(`deploy.config.json: ${problem}`),
    });
    expect(await readdir(folder)).not.toContain('deploy');
  });

  it('never shows the password', async () => {
    await withTickets({ settings: { EVENT_STORE: 'postgres://me:secret@host/db' } });
    await expect(run()).rejects.toSatisfy((error) => !String(error).includes('secret@'));
  });

  it('is none with settings whose names only remind of passwords', async () => {
    await withTickets({ settings: { TOKEN_LIFETIME_S: '60', PASSWORD_FILE: '/run/secrets/one', PARTITION_KEY: 'tenant', PUBLIC_KEY: 'abc' } });
    expect((await run()).code).toBe(0);
  });

  it('is also one that is not there, is no JSON, or is there twice', async () => {
    await expect(run()).rejects.toMatchObject({ code: 'CLI_DEPLOY_CONFIG_INVALID' });
    await writeFile(path.join(folder, 'deploy.config.json'), '{');
    await expect(run()).rejects.toMatchObject({ code: 'CLI_DEPLOY_CONFIG_INVALID' });
    await writeFile(path.join(folder, 'deploy.config.ts'), 'export default {};');
    await expect(run()).rejects.toThrow('Keep one of them');
  });

  it.each([undefined, 'kubernets'])('is as bad as the target %s', async (target) => {
    await withTickets({});
    await expect(run(target === undefined ? {} : { target })).rejects.toMatchObject({ code: 'CLI_INVALID_ARGUMENT' });
  });

  it('names a folder that cannot be used', async () => {
    await withTickets({});
    await writeFile(path.join(folder, 'occupied'), '');
    await expect(run({ target: 'kubernetes', out: 'occupied' })).rejects.toMatchObject({ code: 'CLI_DEPLOY_FOLDER_UNUSABLE' });
  });
});

describe('a second run', () => {
  it('changes nothing, and names the file of an application that is not deployed any more', async () => {
    await configured({ image: 'desk:1', applications: { desk: {}, tickets: {} } });
    await run();
    expect(await run()).toEqual({ code: 0, printed: '2 files are as the config says.', said: '' });
    await withTickets({});
    const { said } = await run();
    expect(said).toContain(path.join('kubernetes', 'desk.yaml'));
  });

  it('shows differences that git applies, also to files that are not there, and writes none', async () => {
    const out = path.join(folder, 'deploy', 'kubernetes');
    const applied = path.join(folder, 'applied');
    await withTickets({ replicas: 3, reaches: [5432] });
    await run();
    await cp(out, applied, { recursive: true });
    await configured({ image: 'desk:2', applications: { desk: {}, tickets: { settings: { METRICS: 'on' } } } });
    const { code, printed } = await run({ target: 'kubernetes', diff: true });
    expect(code).toBe(1);
    expect(await readdir(out)).toEqual(['tickets.yaml']);
    execFileSync('git', ['apply', '-'], { cwd: applied, input: `${printed}\n`, env: { ...process.env, GIT_CEILING_DIRECTORIES: folder } });
    await run();
    for (const file of ['desk.yaml', 'tickets.yaml'])
      expect(await readFile(path.join(applied, file), 'utf8')).toBe(await readFile(path.join(out, file), 'utf8'));
    expect(await run({ target: 'kubernetes', diff: true })).toMatchObject({ code: 0, printed: '' });
  });
});
