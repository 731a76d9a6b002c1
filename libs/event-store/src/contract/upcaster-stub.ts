// The text of the declaration that lifts stored payloads over a breaking change. Values that only people know are left
// open.
import type { ContractChange } from './contract-change.js';
import { isNamedField } from './field-path.js';

/** How one event is to be declared, or undefined if no upcaster would help. `version` is the one of the lock file. */
export const upcasterStub = (event: string, version: number, changes: readonly ContractChange[]): string | undefined => {
  const concerned = changes.filter((change) => change.event === event && change.isBreaking && change.field !== undefined);
  if (concerned.length === 0) return undefined;
  const top = concerned.filter(({ field = '' }) => isNamedField(field));
  const taken = top.filter(({ kind }) => kind === 'field-removed' || kind === 'field-renamed' || kind === 'stored-field-unknown');
  const locals = new Map(taken.map(({ field = '' }, index) => [field, isIdentifier(field) ? field : `former${index + 1}`]));
  const given = top.flatMap(({ kind, field = '', renamedTo }): readonly string[] => {
    if (kind === 'field-renamed') return [`${key(renamedTo ?? '')}: ${locals.get(field)}`];
    return locals.has(field) ? [] : [`${key(field)}: ${OPEN}`];
  });
  const nested = concerned.filter(({ field = '' }) => !isNamedField(field)).map(({ field = '' }) => `/* ${field} */`);
  const type = event.slice(event.indexOf('/') + 1);
  const source = [...[...locals].map(([field, local]) => (field === local ? field : `${JSON.stringify(field)}: ${local}`)), '...data'];
  const parameter = locals.size === 0 ? '(data)' : `({ ${source.join(', ')} })`;
  return [
    `${key(type)}: {`,
    `  data: ${isIdentifier(type) ? type : 'Payload'}Data,`,
    `  version: ${version + 1},`,
    `  upcasters: {${version > 1 ? ' /* …the former ones, */' : ''}`,
    `    ${version}: ${parameter} => ({ ${['...data', ...new Set(given), ...new Set(nested)].join(', ')} }),`,
    '  },',
    '},',
  ].join('\n');
};

const OPEN = 'undefined /* the value for stored events */';
const isIdentifier = (name: string): boolean => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);
const key = (name: string): string => (isIdentifier(name) ? name : JSON.stringify(name));
