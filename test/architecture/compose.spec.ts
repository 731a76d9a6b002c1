// docker-compose.yml and Dockerfile, as far as they can be checked without a container engine.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectorProcessSettings } from '#apps/read-models/src/process-settings.js';
import { readSettings } from '@mainstem/event-store/settings';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** The Compose Specification's own schema (Apache-2.0, compose-spec.io), without the name of its draft. */
const { $schema: _draft, ...schema } = JSON.parse(read('test/architecture/compose-spec.json')) as Record<string, unknown>;
const isValid = new Ajv({ strict: false, validateFormats: false }).compile(schema);

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const load = (): Compose => parse(read('docker-compose.yml'), { merge: true }) as Compose;
/** What the last stage of the image sets for every application. */
const imageEnvironment = (): Record<string, string> => {
  const [, variables = ''] = [...read('Dockerfile').matchAll(/^ENV (.+)$/gm)].at(-1) ?? [];
  return Object.fromEntries(variables.split(' ').map((assignment) => assignment.split(/=(.*)/s, 2) as [string, string]));
};
const services = Object.entries(load().services);
const applications = services.filter(([, { build }]) => build !== undefined);

describe('docker-compose.yml', () => {
  it("is valid by the Compose Specification's schema", () => {
    isValid(load());
    expect(isValid.errors ?? []).toEqual([]);
  });

  it('would not be if a key were misspelt, or a value of the wrong kind', () => {
    const [name, service] = services[0] ?? ['', {}];
    expect(isValid({ ...load(), services: { [name]: { ...service, helthcheck: {} } } })).toBe(false);
    expect(isValid({ ...load(), services: { [name]: { ...service, profiles: 'all' } } })).toBe(false);
  });

  it('has the services alone under one profile, everything under another, and MariaDB, in place of PostgreSQL, under its own', () => {
    for (const [name, { build, profiles }] of services)
      expect(profiles, name).toEqual(name === 'mariadb' ? ['mariadb'] : build === undefined ? ['services', 'all'] : ['all']);
    const names = services.filter(([, { build }]) => build === undefined).map(([name]) => name);
    expect(names).toEqual(['event-store', 'postgres', 'mariadb', 'redis', 'opensearch']);
  });

  it('pins the version of each service, and says by which URL the SQL ones take the user that they make', () => {
    for (const [name, { image }] of services.filter(([, { build }]) => build === undefined)) expect(image, name).toMatch(/:\d+[\w.-]*$/);
    const urls = read('docker-compose.yml').match(/(?<=READ_STORE_SQL=)(?:postgres|mariadb):\S+/g) ?? [];
    for (const [name, prefix, databaseKey] of [
      ['postgres', 'POSTGRES', 'POSTGRES_DB'],
      ['mariadb', 'MARIADB', 'MARIADB_DATABASE'],
    ] as const) {
      const { environment = {}, ports = [] } = load().services[name] ?? {};
      const user = `${environment[`${prefix}_USER`]}:${environment[`${prefix}_PASSWORD`]}`;
      expect(urls, name).toContain(`${name}://${user}@localhost:${ports[0]?.split(':').at(-1)}/${environment[databaseKey]}`);
    }
  });

  it('runs every application that the repository starts by itself, from an entry point with a source', () => {
    const names = ['command-side', 'sql-projector', 'cache-projector', 'search-projector', 'query-api'];
    expect(applications.map(([name]) => name)).toEqual(names);
    for (const [name, { command = [] }] of applications) {
      const source = (command[0] ?? '').replace(/^dist\//, '').replace(/\.js$/, '.ts');
      expect(existsSync(path.join(root, source)), `${name}: ${source}`).toBe(true);
    }
  });

  it('gives applications no root, no writable root file system, and a health check on the port that they listen on', () => {
    for (const [name, { user, read_only, command = [], ports = [], healthcheck }] of applications) {
      const port = command.at(-1) ?? '';
      expect({ user, read_only }, name).toEqual({ user: 'node', read_only: true });
      expect(healthcheck?.test.join(' '), name).toContain(`http://localhost:${port}/health/ready`);
      expect(ports, name).toEqual([`127.0.0.1:${port}:${port}`]);
    }
  });

  it('keeps events and read models on the services of the file and listens on published ports, by settings of the applications', () => {
    for (const [name, { environment = {}, depends_on = {} }] of applications) {
      const { host, eventStore, readStoreSql, readStoreCache, readStoreSearch } = readSettings(projectorProcessSettings(), [], {
        ...imageEnvironment(),
        ...environment,
      });
      expect(host, `${name}: else its port is published and leads nowhere`).toBe('0.0.0.0');
      expect([eventStore, readStoreSql, readStoreCache, readStoreSearch], name).not.toContain('embedded');
      const stores = ['EVENT_STORE', 'READ_STORE_SQL', 'READ_STORE_CACHE', 'READ_STORE_SEARCH'].map(
        (key) => new URL(environment[key] ?? '').hostname,
      );
      expect(stores, name).toEqual(['event-store', 'postgres', 'redis', 'opensearch']);
      expect(Object.keys(depends_on).sort(), name).toEqual([...stores].sort());
    }
  });

  it('names no volume and no dependency that is not there, is reachable from this machine only, and checks the health of all', () => {
    const { volumes } = load();
    for (const [name, service] of services) {
      for (const volume of service.volumes ?? []) expect(Object.keys(volumes), name).toContain(volume.split(':')[0]);
      for (const dependency of Object.keys(service.depends_on ?? {})) expect(Object.keys(load().services), name).toContain(dependency);
      for (const port of service.ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:/);
      expect(service.healthcheck, name).toBeDefined();
    }
  });
});

describe('the Dockerfile', () => {
  it('builds in one stage and runs in another, on Node 24, not as root', () => {
    const stages = read('Dockerfile')
      .split(/^(?=FROM )/m)
      .slice(1);
    expect(stages).toHaveLength(2);
    for (const stage of stages) expect(stage).toMatch(/^FROM node:24-/);
    expect(stages[1]).toMatch(/^USER node$/m);
    expect(stages[1]).not.toMatch(/^RUN .*npm/m);
  });

  it('copies only what is there and what the image is allowed to see', () => {
    const allowed = read('.dockerignore').match(/(?<=^!).+$/gm) ?? [];
    const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) => files.split(' '));
    expect(copied.length).toBeGreaterThan(5);
    for (const file of copied.map((name) => name.replace('./', ''))) {
      expect(existsSync(path.join(root, file)), file).toBe(true);
      expect(allowed, file).toContain(file);
    }
  });
});
