// Every spec belongs to one ring: its folder is a project of Vitest, and CONTRIBUTING.md gives the ring of each
// project.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import config from '../../vitest.config.js';

const OWN = 'test/architecture/rings.spec.ts';
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

interface Part {
  readonly name: string;
  readonly promise: string;
  readonly specs?: readonly string[];
}
const load = async <Module>(script: string): Promise<Module> => (await import(new URL(`../../scripts/${script}`, import.meta.url).href)) as Module;
const { rings } = await load<{ readonly rings: Readonly<Record<string, readonly string[]>> }>('rings.mjs');
const { partsOf } = await load<{ readonly partsOf: (environment: object) => readonly Part[] }>('faults/parts.mjs');

const filesOf = (patterns: readonly string[]): readonly string[] =>
  globSync([...patterns], { cwd: root, exclude: ['**/node_modules/**', '**/dist/**', 'test/golden/**'] }).map((file) =>
    file.split(path.sep).join('/'),
  );

const projects = (config.test?.projects ?? []).map((project) => {
  const { test } = project as { readonly test: { readonly name: string; readonly include: readonly string[] } };
  return { name: test.name, files: filesOf(test.include) };
});
const specs = filesOf(['{libs,src,apps,scripts,test}/**/*.spec.ts']);

describe('the rings of tests', () => {
  it('have every project of Vitest in one of them', () => {
    const inRings = Object.values(rings).flat();
    expect(inRings.toSorted()).toEqual(projects.map(({ name }) => name).toSorted());
    expect(projects.filter(({ files }) => files.length === 0)).toEqual([]);
  });

  it('have every spec in one project', () => {
    expect(specs.length).toBeGreaterThan(100);
    const placesOf = (spec: string): readonly string[] => projects.filter(({ files }) => files.includes(spec)).map(({ name }) => name);
    expect(specs.map((spec) => [spec, placesOf(spec)] as const).filter(([, places]) => places.length !== 1)).toEqual([]);
  });

  it('are told by CONTRIBUTING.md, each project in a row with its ring', () => {
    const rows = readFileSync(path.join(root, 'CONTRIBUTING.md'), 'utf8').split('\n');
    for (const [ring, names] of Object.entries(rings))
      for (const name of names)
        expect(
          rows.filter((row) => row.startsWith(`| ${ring} | ${name} |`)),
          name,
        ).toHaveLength(1);
  });
});

describe('the parts of the ring of faults', () => {
  const parts = partsOf({});

  it('have names of their own, and say what they show', () => {
    expect(new Set(parts.map(({ name }) => name)).size).toBe(parts.length);
    expect(parts.filter(({ promise }) => promise.trim() === '')).toEqual([]);
  });

  it('hold every spec of its folders, every suite of random histories and every suite that takes the whole ledger', () => {
    const ofRing = projects.filter(({ name }) => rings['faults']?.includes(name)).flatMap(({ files }) => files);
    const counted = specs.filter((spec) => /PROPERTY_RUNS|env\['FULL'\]/.test(readFileSync(path.join(root, spec), 'utf8')) && spec !== OWN);
    const inParts = new Set(parts.flatMap((part) => part.specs ?? []));
    expect([...ofRing, ...counted].filter((spec) => !inParts.has(spec))).toEqual([]);
    expect(counted.length).toBeGreaterThan(3);
  });
});
