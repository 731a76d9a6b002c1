// Edits keep everything else as it is, whatever people have made of the file.
import { describe, expect, it } from 'vitest';
import { withElement, withImport, withProperty } from './source-edit.js';

const FILE = 'list.ts';
const list = { kind: 'const', name: 'list' } as const;

describe('an element of a list', () => {
  it.each([
    ['const list = [];', 'const list = [b];'],
    ['const list = [a];', 'const list = [a, b];'],
    ['const list = [a] as const;', 'const list = [a, b] as const;'],
    ['const list = ([a] satisfies unknown[]);', 'const list = ([a, b] satisfies unknown[]);'],
    ['const list = [\n  a,\n];', 'const list = [\n  a,\n  b,\n];'],
    ['const list = [\n  a, // the first\n];', 'const list = [\n  a,\n  b, // the first\n];'],
    ['const list = [\n  a /* x, y */,\n];', 'const list = [\n  a /* x, y */,\n  b,\n];'],
    ['const list = [\n  a // x, y\n  , // z\n];', 'const list = [\n  a // x, y\n  ,\n  b, // z\n];'],
    ['const list = [a /* x, y */,];', 'const list = [a /* x, y */, b,];'],
    ['const list = [\n\ta\n];', 'const list = [\n\ta,\n\tb\n];'],
    ['const list = [\r\n  a,\r\n];', 'const list = [\r\n  a,\r\n  b,\r\n];'],
    ['const list: readonly X[] = [...a];', 'const list: readonly X[] = [...a, b];'],
    ["const text = 'const list = []';\nconst list = [a];", "const text = 'const list = []';\nconst list = [a, b];"],
  ])('goes to its end: %j', (before, after) => {
    expect(withElement(FILE, before, list, 'b')).toBe(after);
    expect(withElement(FILE, after, list, 'b')).toBe(after);
  });

  it('finds a property of a decorator', () =>
    expect(withElement(FILE, '@Module({ imports: [x], controllers: [a] }) class M {}', { kind: 'property', name: 'controllers' }, 'b')).toBe(
      '@Module({ imports: [x], controllers: [a, b] }) class M {}',
    ));

  it.each([
    [
      '@Module({ imports: [X.register({ controllers: [Foo] })], controllers: [a] }) class M {}',
      '@Module({ imports: [X.register({ controllers: [Foo] })], controllers: [a, b] }) class M {}',
    ],
    [
      'const options = { controllers: [c] };\n@Global()\n@Module({ controllers: [] })\nexport class M {}',
      'const options = { controllers: [c] };\n@Global()\n@Module({ controllers: [b] })\nexport class M {}',
    ],
  ])("takes the module's own property: %j", (before, after) =>
    expect(withElement(FILE, before, { kind: 'property', name: 'controllers' }, 'b')).toBe(after),
  );

  it.each([
    ['@Module({ imports: [X.register({ controllers: [Foo] })] }) class M {}', '"controllers: […]" in "@Module({…})"'],
    ['@Test({ controllers: [Foo] }) class M {}', '"controllers: […]" in "@Module({…})"'],
    ['@Module({ controllers: [] }) class One {}\n@Module({ controllers: [] }) class Two {}', 'only "@Module({…})", but One and Two'],
  ])('is refused if no property, or several, can be meant: %j', (text, words) =>
    expect(() => withElement(FILE, text, { kind: 'property', name: 'controllers' }, 'b')).toThrow(
      expect.objectContaining({ code: 'SCHEMATICS_PLACE_NOT_FOUND', line: 'b', message: expect.stringContaining(words) }),
    ),
  );

  it('is refused with the line to add if there is no such list', () =>
    expect(() => withElement(FILE, 'const list = make();', list, 'b')).toThrow(
      expect.objectContaining({ code: 'SCHEMATICS_PLACE_NOT_FOUND', file: FILE, line: 'b' }),
    ));
});

describe('a member of an object', () => {
  it.each([
    ['const map = {};', "const map = { 'a-b': 1 };"],
    ['const map = { c: 2 };', "const map = { c: 2, 'a-b': 1 };"],
    ['const map: Map = {\n  c: 2,\n};', "const map: Map = {\n  c: 2,\n  'a-b': 1,\n};"],
    ["const map = { 'a-b': 3 };", "const map = { 'a-b': 3 };"],
  ])('goes to its end, once: %j', (before, after) => expect(withProperty(FILE, before, 'map', 'a-b', '1')).toBe(after));
});

describe('an import', () => {
  it.each([
    ["import { a } from './a.js';\n", "import { a } from './a.js';\nimport { b } from './b.js';\n"],
    ["import { c } from './c.js';\n", "import { b } from './b.js';\nimport { c } from './c.js';\n"],
    ["import { x } from './b.js';\n", "import { x, b } from './b.js';\n"],
    ["import { b } from './b.js';\n", "import { b } from './b.js';\n"],
    ["import type { x } from './b.js';\n", "import type { x } from './b.js';\nimport { b } from './b.js';\n"],
    ["import z from 'z';\n", "import z from 'z';\nimport { b } from './b.js';\n"],
    ['// a comment\nconst a = 1;\n', "// a comment\nimport { b } from './b.js';\n\nconst a = 1;\n"],
  ])('goes where the file keeps its order: %j', (before, after) => expect(withImport(FILE, before, 'b', './b.js')).toBe(after));
});
