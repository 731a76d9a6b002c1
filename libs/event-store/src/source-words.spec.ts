// The words of a function: the same in any notation, and others for another function.
import { describe, expect, it } from 'vitest';
import { sourceWords } from './source-words.js';

describe('the words of a function', () => {
  it.each([
    ['(a) => { return a.b / 2; }', '(a) => {\n  // half of it / or so\n  return a.b /* here */ / 2;\n}'],
    ["(a) => f('x', [a, 1])", '(a) =>\n  f(\n    "x",\n    [a, 1,],\n  )'],
    ['(a) => `${a /* b */}//`', '(a) => `${a}//`'],
    ['() => { let i = 0; ++i; }', '() => {\n  let i = 0;\n  ++i;\n}'],
    ['(a) => { if (a) --a.b; }', '(a) => {\n  if (a)\n    --a.b;\n}'],
    ['(a) => { a.b(); { --a.c } ++a.d }', '(a) => {\n  a.b();\n  { --a.c }\n  ++a.d\n}'],
    ['(a) => [1 + ++a.b, -(--a.c)]', '(a) => [\n  1 +\n    ++a.b,\n  -(\n    --a.c\n  ),\n]'],
    ['(a) => a.if(2) / 2 / 3', '(a) => a.if(2) / 2 /* half */ / 3'],
    ['(a) => a?.while(2) / 2 / 3', '(a) => a?.while(2) / 2 /* half */ / 3'],
    ['(a) => a?.in / 2 / 3', '(a) => a?.in / 2 /* half */ / 3'],
    ['(a) => a.return.b', '(a) => a.return\n  .b'],
    ['(a, of) => of / 2 / 3', '(a, of) => of / 2 /* half */ / 3'],
  ])('are the same for %s in any notation', (one, other) => expect(sourceWords(other)).toBe(sourceWords(one)));

  it.each([
    ['(a) => "// b"', '(a) => "// c"'],
    ['(a) => `// b`', '(a) => `// c`'],
    ['(a) => /[/*]b/.test(a)', '(a) => /[/*]c/.test(a)'],
    ['(a) => { if (a) /\\/\\/b/.exec(a); }', '(a) => { if (a) /\\/\\/c/.exec(a); }'],
    ['(a) => (a) / 2 / 3', '(a) => (a) / 2 / 4'],
    ['(a) => { return a }', '(a) => { return\n a }'],
    ['(a) => [,]', '(a) => []'],
    ['(a, b) => { a\n++b }', '(a, b) => { a++\nb }'],
    ['(a, b) => { (a)\n--b }', '(a, b) => { (a)--\nb }'],
    ['(a, b) => { a[0]\n++b }', '(a, b) => { a[0]++\nb }'],
    ['(a) => { return\n++a }', '(a) => { return ++a }'],
    ['(a) => { for (const { b } of /x  y/.exec(a)); }', '(a) => { for (const { b } of /x y/.exec(a)); }'],
    ['async (a) => { for await (const b of a) /x  y/.exec(b); }', 'async (a) => { for await (const b of a) /x y/.exec(b); }'],
  ])('tell %s from %s', (one, other) => expect(sourceWords(other)).not.toBe(sourceWords(one)));
});
