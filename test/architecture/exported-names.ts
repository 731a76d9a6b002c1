// Names of values and types that a module shows to those who import it.
import ts from 'typescript';

const ESM = ts.ModuleKind.ESNext;
const isOurs = (name: string): boolean => /^(?:\.|#|@mainstem\/)/.test(name);

/**
 * By the path of each file. What packages from elsewhere declare is not read: a door shows such a thing by its name, or
 * it is missing here.
 */
export const exportedNames = (files: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const { ESNext } = ts.ScriptTarget;
  const { NodeNext: module } = ts.ModuleKind;
  const { NodeNext: moduleResolution } = ts.ModuleResolutionKind;
  const options = { target: ESNext, module, moduleResolution, customConditions: ['@mainstem/source'], types: [], noLib: true };
  const host = ts.createCompilerHost(options);
  const cache = ts.createModuleResolutionCache(host.getCurrentDirectory(), (name) => name, options);
  host.resolveModuleNameLiterals = (literals, from, redirected) =>
    literals.map(({ text }) =>
      isOurs(text) ? ts.resolveModuleName(text, from, options, host, cache, redirected, ESM) : { resolvedModule: undefined },
    );
  const program = ts.createProgram(files, options, host);
  const checker = program.getTypeChecker();
  return new Map(
    files.map((name) => {
      const file = program.getSourceFile(name);
      const symbol = file && checker.getSymbolAtLocation(file);
      return [name, symbol ? checker.getExportsOfModule(symbol).map(({ name }) => name) : []];
    }),
  );
};
