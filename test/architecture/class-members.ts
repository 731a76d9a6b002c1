// The members of classes and interfaces, in the order in which a reader meets them.
import ts from 'typescript';

/** The declared names of a class or an interface: those that callers see, without constructor and statics. */
export const memberNames = (source: string, declaration: string): readonly string[] => {
  const found = declarationsIn(source).find(({ name }) => name?.text === declaration);
  if (!found) throw new Error(`there is no ${declaration}`);
  const seen = found.members.filter((member) => !isStatic(member) && member.name && !ts.isPrivateIdentifier(member.name));
  return seen.map(({ name }) => name?.getText() ?? '');
};

/** Members that are `private` by TypeScript alone, with their line; constructors and their parameters do not count. */
export const softPrivates = (source: string): readonly string[] =>
  (/\bprivate\b/.test(source) ? declarationsIn(source) : [])
    .flatMap((declaration) => [...declaration.members])
    .filter((member) => !ts.isConstructorDeclaration(member) && has(member, ts.SyntaxKind.PrivateKeyword))
    .map((member) => `${member.getSourceFile().getLineAndCharacterOfPosition(member.getStart()).line + 1} ${member.name?.getText()}`);

type Declaration = ts.ClassDeclaration | ts.ClassExpression | ts.InterfaceDeclaration;

const declarationsIn = (source: string): readonly Declaration[] => {
  const found: Declaration[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isClassLike(node) || ts.isInterfaceDeclaration(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.ESNext, true));
  return found;
};

const isStatic = (member: ts.Node): boolean => has(member, ts.SyntaxKind.StaticKeyword);

const has = (member: ts.Node, kind: ts.SyntaxKind): boolean =>
  ts.canHaveModifiers(member) && (ts.getModifiers(member) ?? []).some((modifier) => modifier.kind === kind);
