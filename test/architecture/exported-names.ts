// Names of values and types that a module shows to those who import it.
import ts from 'typescript';

/** By the path of each file. */
export const exportedNames = (files: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const { ESNext } = ts.ScriptTarget;
  const { NodeNext: module } = ts.ModuleKind;
  const { NodeNext: moduleResolution } = ts.ModuleResolutionKind;
  const options = { target: ESNext, module, moduleResolution, customConditions: ['@mainstem/source'], skipLibCheck: true };
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();
  return new Map(
    files.map((name) => {
      const file = program.getSourceFile(name);
      const symbol = file && checker.getSymbolAtLocation(file);
      return [name, symbol ? checker.getExportsOfModule(symbol).map(({ name }) => name) : []];
    }),
  );
};
