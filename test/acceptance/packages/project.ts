// An empty project that gets the packages as npm would unpack them. What they need of others is linked from this
// repository, so that no registry is asked.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fencesOf } from '../../architecture/markdown.js';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export const packageIn = (folder: string): PackageFile => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageFile;

/** Runs a command in a shell, on this Node; resolves to what it printed. Errors: what it said, if it fails. */
export const run = async (command: string, cwd: string): Promise<string> => {
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, NODE_OPTIONS: '', NO_COLOR: '1' };
  const ended = await promisify(execFile)('sh', ['-c', command], { cwd, env }).catch(
    (error: { readonly stdout: string; readonly stderr: string }) => {
      throw new Error(`${command} failed:\n${error.stdout}\n${error.stderr}`);
    },
  );
  return ended.stdout;
};

export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'mainstem-project-'));

  constructor() {
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ name: 'project', type: 'module' }));
  }

  /** Unpacks tarballs of packages with what they depend on. Returns their package files by name. */
  async install(tarballs: readonly string[]): Promise<ReadonlyMap<string, PackageFile>> {
    const installed = new Map<string, PackageFile>();
    for (const tarball of tarballs) {
      const unpacked = mkdtempSync(join(this.folder, 'unpacked-'));
      await run(`tar -xzf ${tarball}`, unpacked);
      const found = packageIn(join(unpacked, 'package'));
      mkdirSync(join(this.folder, 'node_modules/@mainstem'), { recursive: true });
      cpSync(join(unpacked, 'package'), this.placeOf(found.name), { recursive: true });
      rmSync(unpacked, { recursive: true });
      installed.set(found.name, found);
    }
    for (const { name, dependencies = {} } of installed.values())
      for (const dependency of Object.keys(dependencies)) if (!dependency.startsWith('@mainstem/')) this.link(dependency, name);
    return installed;
  }

  /** What npm makes of a package that is not ours. `for`: the package that needs it, which may have another version. */
  link(name: string, forPackage?: string): void {
    const place = this.placeOf(name);
    if (existsSync(place)) return;
    mkdirSync(dirname(place), { recursive: true });
    const own = forPackage && join(ROOT, 'libs', forPackage.split('/')[1] ?? '', 'node_modules', name);
    symlinkSync(own && existsSync(own) ? own : join(ROOT, 'node_modules', name), place);
  }

  /** As `npx` finds it. `file`: below node_modules. */
  linkCommand(command: string, file: string): void {
    mkdirSync(join(this.folder, 'node_modules/.bin'), { recursive: true });
    symlinkSync(join('..', file), join(this.folder, 'node_modules/.bin', command));
  }

  placeOf(name: string): string {
    return join(this.folder, 'node_modules', name);
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), text);
  }

  /** Writes the files of a slice, as a guide shows them, into `src`, with its settings of the compiler. */
  writeSlice(guide: string): void {
    this.write('tsconfig.json', fencesOf(guide).find(({ language }) => language === 'json')?.code ?? '');
    for (const [, file = '', code = ''] of guide.matchAll(/\[([\w.]+)\]\(\.\.\/test\/acceptance\/getting-started\/\1\)\*\*\n\n```ts\n(.*?)\n```/gs))
      this.write(`src/${file}`, `${code}\n`);
  }

  run(command: string): Promise<string> {
    return run(command, this.folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Packs all libraries into a folder; returns the paths of the tarballs. */
export const packAll = async (folder: string): Promise<readonly string[]> => {
  const names = globSync('libs/*/package.json', { cwd: ROOT }).map((file) => `-w ${dirname(file)}`);
  await run(`npm pack --silent ${names.join(' ')} --pack-destination ${folder}`, ROOT);
  return globSync('*.tgz', { cwd: folder })
    .toSorted()
    .map((file) => join(folder, file));
};
