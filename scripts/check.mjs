// `npm run check`: format, lint with types, types, unit tests, and the tests of architecture, which hold the import
// rules. Two steps at a time; failures show their output at the end.
import { runNode } from './child.mjs';
import { prepare } from './prepare.mjs';
import { elapsed, inRoot, runMain, say } from './repository.mjs';
import { projectArgs } from './rings.mjs';

const bin = (/** @type {string[]} */ ...segments) => inRoot('node_modules', ...segments);
const LANES = 2;

const tests = (/** @type {string} */ project) => {
  const reporters = ['--reporter=dot', '--reporter=./scripts/counting-reporter.mjs'];
  return [bin('vitest', 'vitest.mjs'), 'run', ...projectArgs([project]), ...reporters];
};

/** In an order that keeps both lanes busy to the end; a step that `needs` another one waits for it. */
const steps = [
  { name: 'types', args: [bin('typescript', 'bin', 'tsc'), '-b', '--pretty'] },
  { name: 'unit tests', args: tests('unit') },
  { name: 'types of tests', needs: 'types', args: [bin('typescript', 'bin', 'tsc'), '-p', 'test/tsconfig.json', '--pretty'] },
  { name: 'format', args: [bin('prettier', 'bin', 'prettier.cjs'), '--check', '--cache', '--cache-strategy=content', '--log-level=warn', '.'] },
  { name: 'architecture', args: tests('architecture') },
  { name: 'lint', args: [bin('oxlint', 'bin', 'oxlint'), '--type-aware', '--deny-warnings', '--report-unused-disable-directives'] },
];

const check = async () => {
  const startedAt = performance.now();
  await prepare({ isBuildNeeded: false });
  const failed = await runAll([...steps]);
  for (const { name, output } of failed) say(`\n── ${name} ${'─'.repeat(60 - name.length)}\n${output.trim()}`);
  say(
    failed.length === 0
      ? `\nAll checks passed in ${elapsed(startedAt)}.`
      : `\nFailed: ${failed.map(({ name }) => name).join(', ')} (${elapsed(startedAt)}).`,
  );
  console.log(`\n${steps.length - failed.length} passed, ${failed.length} failed`);
  return failed.length === 0 ? 0 : 1;
};

const runAll = async (waiting) => {
  const running = new Map();
  const failed = [];
  const lane = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      const done = runStep(step, running.get(step.needs));
      running.set(step.name, done);
      const { code, output } = await done;
      if (code !== 0) failed.push({ name: step.name, output });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return failed;
};

const runStep = async ({ name, args }, before) => {
  await before;
  const startedAt = performance.now();
  const result = await runNode(['--disable-warning=ExperimentalWarning', ...args], { isQuiet: true });
  say(`${result.code === 0 ? '✔' : '✘'} ${name.padEnd(14)} ${elapsed(startedAt)}`);
  return result;
};

await runMain(check);
