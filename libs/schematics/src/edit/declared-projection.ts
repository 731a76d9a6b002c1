// A projection that a file declares with documentProjection, as it is now: people may have edited it.
import ts from 'typescript';

export interface DeclaredProjection {
  /** Fields of events that the key is made of, and `stream`; none if the code does not tell. */
  readonly keys: readonly string[];
  /** Those that `evolve` names; undefined if it is made elsewhere, or of parts. */
  readonly events: readonly string[] | undefined;
}

/** Names of classes, functions and constants that a file exports. */
export const exportsIn = (file: string, text: string): readonly string[] =>
  parse(file, text).statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement))
      return statement.exportClause && ts.isNamedExports(statement.exportClause) ? statement.exportClause.elements.map(({ name }) => name.text) : [];
    if (!ts.canHaveModifiers(statement) || !ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []));
    return (ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement)) && statement.name ? [statement.name.text] : [];
  });

/** Of the constant with that name; undefined if there is none that calls documentProjection. */
export const projectionIn = (file: string, text: string, name: string): DeclaredProjection | undefined => {
  const constants = parse(file, text)
    .statements.filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations]);
  const call = constants.find((one) => ts.isIdentifier(one.name) && one.name.text === name)?.initializer;
  const argument = call && ts.isCallExpression(call) && call.expression.getText() === 'documentProjection' ? call.arguments[0] : undefined;
  if (!argument || !ts.isObjectLiteralExpression(argument)) return undefined;
  const valueOf = (property: string): ts.Expression | undefined =>
    argument.properties.filter(ts.isPropertyAssignment).find((one) => one.name.getText() === property)?.initializer;
  return { keys: keysIn(valueOf('key')?.getText() ?? ''), events: membersOf(valueOf('evolve')) };
};

const parse = (file: string, text: string): ts.SourceFile => ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);

/** `event.data.customer` is customer. */
const keysIn = (code: string): readonly string[] => [
  ...[...code.matchAll(/\bdata[?!]?\.(\w+)/g)].map(([, field = '']) => field),
  ...(/\bstream\b/.test(code) ? ['stream'] : []),
];

const membersOf = (evolve: ts.Expression | undefined): readonly string[] | undefined => {
  if (!evolve || !ts.isObjectLiteralExpression(evolve) || evolve.properties.some(ts.isSpreadAssignment)) return undefined;
  return evolve.properties.flatMap(({ name }) => (name && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? [name.text] : []));
};
