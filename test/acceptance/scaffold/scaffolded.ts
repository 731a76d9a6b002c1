// An application that the packed command has made in an empty folder. What npm would install is linked, so that no
// registry is asked.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packAll, packageIn, Project, ROOT, run } from '../packages/project.js';

const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/** A project whose only content are the packages: `npx mainstem` works there. */
export class Strangers {
  readonly tarballs = mkdtempSync(join(tmpdir(), 'mainstem-packages-'));
  readonly project = new Project();

  async install(): Promise<void> {
    await this.project.install(await packAll(this.tarballs));
    this.project.linkCommand('mainstem', '@mainstem/cli/bin/mainstem.mjs');
  }

  /** `npx mainstem …`, in this folder. Errors: what it said. */
  mainstem(args: string, folder = this.project.folder): Promise<string> {
    return run(`node ${this.project.placeOf('@mainstem/cli')}/bin/mainstem.mjs ${args}`, folder);
  }

  remove(): void {
    this.project.remove();
    rmSync(this.tarballs, { recursive: true, force: true });
  }
}

export class Scaffolded {
  constructor(
    private readonly strangers: Strangers,
    readonly folder: string,
  ) {}

  /** In place of `npm install`: the unpacked packages, and what the repository has of the others. */
  install(): void {
    const { dependencies = {}, devDependencies = {} } = packageIn(this.folder) as ReturnType<typeof packageIn> & {
      readonly devDependencies?: Readonly<Record<string, string>>;
    };
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) this.strangers.project.link(name);
    for (const name of ['ioredis', '@opensearch-project/opensearch', 'express', '@types/express']) this.strangers.project.link(name);
    symlinkSync(this.strangers.project.placeOf(''), join(this.folder, 'node_modules'));
    const commands = { tsc: 'typescript/bin/tsc', vitest: 'vitest/vitest.mjs', oxlint: 'oxlint/bin/oxlint' };
    const bin = this.strangers.project.placeOf('.bin');
    mkdirSync(bin, { recursive: true });
    for (const [command, file] of Object.entries(commands)) {
      rmSync(join(bin, command), { force: true });
      symlinkSync(join(ROOT, 'node_modules', file), join(bin, command));
    }
  }

  run(command: string): Promise<string> {
    return run(command, this.folder);
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  edit(file: string, change: (text: string) => string): void {
    writeFileSync(join(this.folder, file), change(this.read(file)));
  }

  /** Starts it as its README says, lets `work` ask it, and stops it. Errors: what it said if it is not ready. */
  async started(command: string, work: (url: string) => Promise<void>, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const port = await freePort();
    const child = spawn('sh', ['-c', `exec ${command} -- --port ${port}`], { cwd: this.folder, env: { ...process.env, ...env }, detached: true });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => void (said += text.toString()));
    const ended = once(child, 'close');
    try {
      await ready(`http://127.0.0.1:${port}`, () => said);
      await work(`http://127.0.0.1:${port}`);
    } finally {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
      await ended;
    }
  }
}

const ready = async (url: string, said: () => string): Promise<void> => {
  for (const deadline = performance.now() + READY_TIMEOUT_MS; performance.now() < deadline;) {
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`not ready in ${READY_TIMEOUT_MS} ms: ${said()}`);
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};
