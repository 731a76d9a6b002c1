// Payload classes in tests and applications carry rules on their fields, as users write them. Contract suites of
// libs/testing are apart: that library does not need class-validator.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

const filesOf = (folder: string): readonly string[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/(^|[\\/])(node_modules|dist)[\\/]/.test(file))
    .map((file) => path.join(folder, file));

const files = [...['apps', 'src', 'test'].flatMap(filesOf), ...filesOf('libs').filter((file) => /\.(?:spec|fixtures)\.ts$/.test(file))];

/** Fields without a rule, of the classes that the file declares and gives to `defineEvents`, at once or by versions. */
const fieldsWithoutRule = (file: string, text: string): readonly string[] => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const classes = new Map<string, ts.ClassLikeDeclaration>();
  const payloads = new Set<string>();
  const inline: ts.ClassLikeDeclaration[] = [];
  const take = (value: ts.Node): void => {
    if (ts.isIdentifier(value)) payloads.add(value.text);
    if (ts.isClassLike(value)) inline.push(value);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isClassDeclaration(node) && node.name) classes.set(node.name.text, node);
    if (ts.isObjectLiteralExpression(node)) {
      const parent = node.parent;
      const isDeclarations = ts.isCallExpression(parent) && parent.expression.getText() === 'defineEvents' && parent.arguments[1] === node;
      const isVersioned = node.properties.some(({ name }) => name?.getText() === 'upcasters');
      for (const property of node.properties) {
        if (!isDeclarations && !(isVersioned && property.name?.getText() === 'data')) continue;
        if (ts.isPropertyAssignment(property)) take(property.initializer);
        if (ts.isShorthandPropertyAssignment(property)) take(property.name);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  const declared = [...classes].filter(([name]) => payloads.has(name)).map(([, declaration]) => declaration);
  return [...declared, ...inline].flatMap(({ members }) =>
    members
      .filter((member) => ts.isPropertyDeclaration(member) && (ts.getDecorators(member)?.length ?? 0) === 0)
      .map((member) => `${file}:${source.getLineAndCharacterOfPosition(member.getStart()).line + 1} ${member.getText()}`),
  );
};

describe('payload classes', () => {
  it('have a rule on each field', () => {
    const texts = files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')] as const);
    const declaring = texts.filter(([, text]) => text.includes('defineEvents('));
    expect(declaring.length).toBeGreaterThan(40);
    expect(declaring.flatMap(([file, text]) => fieldsWithoutRule(file, text))).toEqual([]);
  });

  it.each([
    ['by name', 'class A { a!: string; @IsString() b!: string } const events = defineEvents("x", { Put: A });'],
    ['by its own name', 'class A { a!: string } const events = defineEvents("x", { A });'],
    ['in place', 'const events = defineEvents("x", { Put: class { a!: string } });'],
    ['by a version', 'class A { a!: string } const put = { data: A, version: 2, upcasters: {} }; const events = defineEvents("x", { put });'],
  ])('would not have one, given %s', (_, text) => {
    expect(fieldsWithoutRule('x.ts', text)).toEqual([expect.stringMatching(/^x\.ts:1 a!: string/)]);
  });

  it('are not those of rows', () => {
    expect(fieldsWithoutRule('x.ts', 'class Row { a!: string } class A { @IsString() a!: string } defineEvents("x", { A });')).toEqual([]);
  });
});
