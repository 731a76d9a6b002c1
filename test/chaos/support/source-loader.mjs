// Lets Node run the TypeScript sources as they are, decorators included, with nothing built: compiled on first use and kept by content.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { compilerOptions } = JSON.parse(readFileSync(new URL('../../../tsconfig.base.json', import.meta.url), 'utf8'));
const cacheDir = fileURLToPath(new URL('../../../node_modules/.cache/mainstem-sources/', import.meta.url));
const key = JSON.stringify(compilerOptions) + process.version;

registerHooks({
  // `./x.js` in a source means `./x.ts`.
  resolve(specifier, context, nextResolve) {
    const isSource = context.parentURL?.endsWith('.ts') && specifier.startsWith('.') && specifier.endsWith('.js');
    return nextResolve(isSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
  load(url, context, nextLoad) {
    if (!url.endsWith('.ts')) return nextLoad(url, context);
    return { format: 'module', source: compiled(fileURLToPath(url)), shortCircuit: true };
  },
});

const compiled = (path) => {
  const source = readFileSync(path, 'utf8');
  const cached = join(cacheDir, `${createHash('sha256').update(key).update(source).digest('hex')}.mjs`);
  try {
    return readFileSync(cached, 'utf8');
  } catch {
    const text = transpile(source, path);
    mkdirSync(cacheDir, { recursive: true });
    // Several processes may compile the same source at once: each puts a whole file in place.
    const temporary = `${cached}.${process.pid}`;
    writeFileSync(temporary, text);
    renameSync(temporary, cached);
    return text;
  }
};

const transpile = (source, path) => {
  const ts = require('typescript');
  const options = {
    ...compilerOptions,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2023,
  };
  const unused = ['lib', 'types', 'composite', 'incremental', 'declaration', 'declarationMap', 'sourceMap', 'customConditions'];
  for (const name of unused) delete options[name];
  return ts.transpileModule(source, { fileName: path, compilerOptions: options }).outputText;
};
