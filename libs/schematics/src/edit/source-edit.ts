// Edits of TypeScript sources at the places that TypeScript's parser finds: all other text stays as it is.
import ts from 'typescript';
import { PlaceNotFound } from '../errors.js';

/** A source that is edited; every method returns the new text, the same if nothing is to be done. */
const parse = (file: string, text: string): ts.SourceFile => ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);

const insert = (text: string, at: number, added: string): string => text.slice(0, at) + added + text.slice(at);

/** Adds an import of one name after the last import, or to the import that is there. */
export const withImport = (file: string, text: string, name: string, from: string): string => {
  const source = parse(file, text);
  const imports = source.statements.filter(ts.isImportDeclaration);
  const same = imports.find(({ moduleSpecifier }) => ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text === from);
  const bindings = same?.importClause?.namedBindings;
  if (bindings && ts.isNamedImports(bindings) && same?.importClause?.phaseModifier === undefined) {
    if (bindings.elements.some((element) => element.name.text === name)) return text;
    const last = bindings.elements.at(-1);
    if (last) return insert(text, last.getEnd(), `, ${name}`);
  }
  const line = `import { ${name} } from '${from}';`;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  // In the order of the paths, as far as the file keeps one.
  const after = imports.findLast(
    ({ moduleSpecifier }) => ts.isStringLiteral(moduleSpecifier) && isLocal(moduleSpecifier.text) === isLocal(from) && moduleSpecifier.text <= from,
  );
  const before = imports.find(({ moduleSpecifier }) => ts.isStringLiteral(moduleSpecifier) && isLocal(moduleSpecifier.text) === isLocal(from));
  if (after) return insert(text, after.getEnd(), `${newline}${line}`);
  if (before) return insert(text, before.getStart(), `${line}${newline}`);
  const last = imports.at(-1);
  if (last) return insert(text, last.getEnd(), `${newline}${line}`);
  const [firstStatement] = source.statements;
  return insert(text, firstStatement?.getStart() ?? text.length, `${line}${newline}${newline}`);
};

const isLocal = (path: string): boolean => path.startsWith('.');

/** Where an array literal is looked for. */
export interface ArrayPlace {
  /** `export const <name> = […]`, or that property of the file's only `@Module({…})`. */
  readonly name: string;
  readonly kind: 'const' | 'property';
}

/** Adds an element at the end of an array literal. Errors: SCHEMATICS_PLACE_NOT_FOUND. */
export const withElement = (file: string, text: string, place: ArrayPlace, element: string): string => {
  const source = parse(file, text);
  const value = place.kind === 'const' ? find(source, (node) => constantAt(node, place.name)) : modulePropertyIn(source, element, place.name);
  const array = value && ts.isArrayLiteralExpression(value) ? value : undefined;
  if (!array)
    throw new PlaceNotFound(file, element, place.kind === 'const' ? `"const ${place.name} = […]"` : `"${place.name}: […]" in "@Module({…})"`);
  if (array.elements.some((one) => one.getText(source).replaceAll(/\s+/g, '') === element.replaceAll(/\s+/g, ''))) return text;
  return withMember(source, text, array, array.elements, element);
};

/** Adds a member to the object literal of `const <name> = {…}`. Errors: SCHEMATICS_PLACE_NOT_FOUND. */
export const withProperty = (file: string, text: string, name: string, key: string, value: string): string => {
  const source = parse(file, text);
  const object = find(source, (node) => {
    const initializer = constantAt(node, name);
    return initializer && ts.isObjectLiteralExpression(initializer) ? initializer : undefined;
  });
  const member = `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : `'${key}'`}: ${value}`;
  if (!object) throw new PlaceNotFound(file, member, `"const ${name} = {…}"`);
  const isThere = object.properties.some(
    (property) => property.name && (ts.isStringLiteral(property.name) || ts.isIdentifier(property.name)) && property.name.text === key,
  );
  return isThere ? text : withMember(source, text, object, object.properties, member);
};

/** One more member of a list between brackets, in the manner of the list: on one line, or each on its own. */
const withMember = (source: ts.SourceFile, text: string, list: ts.Node, members: ts.NodeArray<ts.Node>, added: string): string => {
  const last = members.at(-1);
  const isArray = ts.isArrayLiteralExpression(list);
  if (!last) return insert(text, list.getStart(source) + 1, isArray ? added : ` ${added} `);
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const startOfLine = text.lastIndexOf('\n', last.getStart(source)) + 1;
  const indent = /^[ \t]*/.exec(text.slice(startOfLine))?.[0] ?? '';
  const isOnOwnLine = text.slice(startOfLine, last.getStart(source)).trim() === '' && startOfLine > list.getStart(source);
  const separator = isOnOwnLine ? `,${newline}${indent}` : ', ';
  if (!members.hasTrailingComma) return insert(text, last.getEnd(), `${separator}${added}`);
  // The list ends after that comma: comments before it may have commas too.
  return insert(text, members.end, isOnOwnLine ? `${newline}${indent}${added},` : ` ${added},`);
};

const find = <Found>(node: ts.Node, look: (node: ts.Node) => Found | undefined): Found | undefined =>
  look(node) ?? ts.forEachChild(node, (child) => find(child, look));

const constantAt = (node: ts.Node, name: string): ts.Expression | undefined =>
  ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === name && node.initializer ? bare(node.initializer) : undefined;

/** Of the module itself: calls within it, such as `X.register({ providers: […] })`, have such properties too. */
const modulePropertyIn = (source: ts.SourceFile, element: string, name: string): ts.Expression | undefined => {
  const modules = source.statements.filter(ts.isClassDeclaration).flatMap((one) => {
    const call = ts
      .getDecorators(one)
      ?.find(({ expression }) => ts.isCallExpression(expression) && expression.expression.getText(source) === 'Module');
    return call && ts.isCallExpression(call.expression) ? [{ module: one.name?.text ?? 'default', argument: call.expression.arguments[0] }] : [];
  });
  if (modules.length > 1)
    throw new PlaceNotFound(source.fileName, element, `only "@Module({…})", but ${modules.map(({ module }) => module).join(' and ')}`);
  const argument = modules[0]?.argument && bare(modules[0].argument);
  if (!argument || !ts.isObjectLiteralExpression(argument)) return undefined;
  const property = argument.properties.filter(ts.isPropertyAssignment).find((one) => propertyName(one) === name);
  return property && bare(property.initializer);
};

const propertyName = ({ name }: ts.PropertyAssignment): string | undefined =>
  ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : undefined;

/** Without `as const`, `satisfies …` and brackets around it. */
const bare = (expression: ts.Expression): ts.Expression =>
  ts.isAsExpression(expression) || ts.isSatisfiesExpression(expression) || ts.isParenthesizedExpression(expression)
    ? bare(expression.expression)
    : expression;
