// The events that a file declares with defineEvents, with the fields of their payload classes, as they are now.
import ts from 'typescript';
import type { Field, FieldType } from '../model/fields.js';

export interface DeclaredEvent {
  readonly type: string;
  readonly fields: readonly Field[];
}

const DEPTH_MAX = 4;

/** In the order of their declaration; none if the file declares no events. */
export const eventsIn = (file: string, text: string): readonly DeclaredEvent[] => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const classes = new Map(source.statements.filter(ts.isClassDeclaration).map((one) => [one.name?.text ?? '', one]));
  const found: DeclaredEvent[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText(source) === 'defineEvents') found.push(...declarationsOf(node.arguments[1], classes));
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
};

type ClassesByName = ReadonlyMap<string, ts.ClassDeclaration>;

const declarationsOf = (declarations: ts.Expression | undefined, classes: ClassesByName): readonly DeclaredEvent[] => {
  if (!declarations || !ts.isObjectLiteralExpression(declarations)) return [];
  return declarations.properties.flatMap((property) => {
    if (!ts.isPropertyAssignment(property) || !(ts.isIdentifier(property.name) || ts.isStringLiteral(property.name))) return [];
    return [{ type: property.name.text, fields: fieldsOf(payloadName(property.initializer), classes, 0) }];
  });
};

/** `TicketOpenedData`, also of `{ data: TicketOpenedData, version: 2, … }`. */
const payloadName = (payload: ts.Expression): string => {
  if (!ts.isObjectLiteralExpression(payload)) return payload.getText();
  const data = payload.properties.find((property) => property.name?.getText() === 'data');
  return data && ts.isPropertyAssignment(data) ? data.initializer.getText() : '';
};

const fieldsOf = (name: string, classes: ClassesByName, depth: number): readonly Field[] =>
  (depth > DEPTH_MAX ? [] : (classes.get(name)?.members ?? [])).flatMap((member) =>
    ts.isPropertyDeclaration(member) && ts.isIdentifier(member.name)
      ? [{ name: member.name.text, isOptional: member.questionToken !== undefined, type: typeOf(member, member.type, classes, depth) }]
      : [],
  );

const typeOf = (member: ts.PropertyDeclaration, type: ts.TypeNode | undefined, classes: ClassesByName, depth: number): FieldType => {
  if (!type) return { kind: 'string' };
  if (ts.isParenthesizedTypeNode(type)) return typeOf(member, type.type, classes, depth);
  if (ts.isTypeOperatorNode(type)) return typeOf(member, type.type, classes, depth);
  if (ts.isArrayTypeNode(type)) return { kind: 'list', of: typeOf(member, type.elementType, classes, depth) };
  if (type.kind === ts.SyntaxKind.NumberKeyword) return { kind: 'int' };
  if (type.kind === ts.SyntaxKind.BooleanKeyword) return { kind: 'boolean' };
  const values = literalsOf(type);
  if (values.length > 0) return { kind: 'enum', values };
  if (ts.isTypeReferenceNode(type) && classes.has(type.typeName.getText()))
    return { kind: 'nested', fields: fieldsOf(type.typeName.getText(), classes, depth + 1) };
  return textOf(member.getText());
};

const literalsOf = (type: ts.TypeNode): readonly string[] => {
  const parts = ts.isUnionTypeNode(type) ? type.types : [type];
  const texts = parts.flatMap((part) => (ts.isLiteralTypeNode(part) && ts.isStringLiteral(part.literal) ? [part.literal.text] : []));
  return texts.length === parts.length ? texts : [];
};

/** What a text holds, by its rule. */
const textOf = (member: string): FieldType => {
  if (member.includes('@IsDecimal(')) return { kind: 'decimal' };
  if (member.includes('@IsISO8601(')) return { kind: 'datetime' };
  return { kind: member.includes('\\d{4}-\\d{2}-\\d{2}') ? 'date' : 'string' };
};
