// `npm run test:faults`: kills, outages, long campaigns and mutants, part by part, each with its promise. It remembers
// passed parts until the sources change, so that an interrupted run goes on.
import { parseArgs } from 'node:util';
import { runNode } from './child.mjs';
import { countsFrom, partsOf } from './faults/parts.mjs';
import { digestOf, Progress, stateOfSources } from './faults/progress.mjs';
import { prepare } from './prepare.mjs';
import { elapsed, inRoot, Refusal, runMain, say } from './repository.mjs';
import { findServices, isCi } from './services/services.mjs';
import { countsIn, runVitest } from './vitest.mjs';

const HELP = `npm run test:faults [-- <part of a name> …] [-- --minutes <n>] [--no-mutants] [--list] [--fresh]

  <part of a name>  runs the parts whose names hold one of the words; none runs all
  --minutes <n>     begins no part after n minutes, in an order that each commit draws anew
  --no-mutants      leaves the mutants out: each runs its suites once more
  --list            names the parts and their promises, and runs nothing
  --fresh           runs again what has passed in these sources with these counts

FULL=1 runs with the counts of a release; CHAOS_TRIALS and PROPERTY_RUNS set one of them.`;

const optionsOf = (/** @type {string[]} */ args) => {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        minutes: { type: 'string' },
        list: { type: 'boolean' },
        fresh: { type: 'boolean' },
        'no-mutants': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    const minutes = values.minutes === undefined ? Number.POSITIVE_INFINITY : Number(values.minutes);
    if (!(minutes > 0)) throw new Refusal(`--minutes must be a number above 0, got ${values.minutes}.`);
    return { ...values, minutes, words: positionals };
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(`${error.message}\n\n${HELP}`);
  }
};

const main = async () => {
  const { words, minutes, list, fresh, help, 'no-mutants': isWithoutMutants } = optionsOf(process.argv.slice(2));
  const offered = partsOf(process.env).filter(({ mutants }) => !isWithoutMutants || mutants === undefined);
  const chosen = offered.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  if (chosen.length === 0) throw new Refusal('No part has such a name; --list names all.');
  if (help || list) {
    console.log(help ? HELP : chosen.map(({ name, promise }) => `${name}\n    ${promise}`).join('\n'));
    return 0;
  }
  await prepare();
  const state = await stateOfSources();
  const isShare = Number.isFinite(minutes);
  const parts = isShare ? inOrderOf(state?.commit ?? new Date().toISOString(), chosen) : chosen;
  if (isShare) say(`Parts are begun for ${minutes} minutes, in the order of ${state ? `commit ${state.commit.slice(0, 12)}` : 'the moment'}.`);
  const progress = new Progress(state && digestOf(state.key + JSON.stringify(countsFrom(process.env))));
  if (fresh) progress.forget();
  return report(await runParts(parts, minutes, progress), parts.length);
};

/** Each commit draws another order, so that every part gets its turn. */
const inOrderOf = (/** @type {string} */ commit, parts) => parts.toSorted((left, right) => (turnOf(commit, left) < turnOf(commit, right) ? -1 : 1));
const turnOf = (commit, { name }) => digestOf(`${commit} ${name}`);

const runParts = async (parts, minutes, progress) => {
  const services = await findServices();
  let isInterrupted = false;
  // The part receives Ctrl-C itself; this process stays to stop the services and to report.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (isInterrupted = true));
  const startedAt = performance.now();
  const results = [];
  try {
    for (const [place, part] of parts.entries()) {
      if (isInterrupted || performance.now() - startedAt > minutes * 60_000) break;
      if (part.service !== undefined && !services.env[part.service]) continue; // left out, as reported above
      const before = progress.of(part.name);
      if (!before) say(`\n── ${place + 1} of ${parts.length}: ${part.name}\n   ${part.promise}`);
      const outcome = before ?? (await outcomeOf(part, services.env));
      if (isInterrupted) break;
      if (outcome.failed === 0 && outcome.passed > 0) progress.keep(part.name, outcome);
      results.push({ ...part, ...outcome, isFromBefore: before !== undefined });
    }
    return { results, seconds: elapsed(startedAt), isInterrupted };
  } finally {
    await services.stop();
  }
};

const outcomeOf = async (part, env) => {
  const startedAt = performance.now();
  const { code, output } = await (part.specs
    ? runVitest(part.specs, { env: { ...env, ...part.env }, isShown: true })
    : runNode([inRoot('test', 'mutants', 'run.mjs'), ...part.mutants.map((name) => `=${name}`)], { env: { ...process.env, ...env }, isShown: true }));
  const { passed, failed } = countsIn(output) ?? { passed: 0, failed: 1 };
  // A part that skips everything lacks a server, which CI requires; a run that ends badly without a count has failed.
  const isFailed = code !== 0 || (passed === 0 && isCi());
  return { passed, failed: isFailed ? Math.max(1, failed) : failed, seconds: (performance.now() - startedAt) / 1_000 };
};

const report = ({ results, seconds, isInterrupted }, count) => {
  say('\n');
  for (const { name, passed, failed, seconds: took, isFromBefore } of results) {
    say(
      `${failed === 0 ? '✔' : '✘'} ${took.toFixed(0).padStart(5)} s  ${name}: ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}${isFromBefore ? ' (before)' : ''}`,
    );
  }
  say(`${results.length} of ${count} parts in ${seconds}${isInterrupted ? ', interrupted; the same command goes on' : ''}.`);
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  const failed = sum('failed');
  console.log(`\n${sum('passed')} passed, ${failed} failed`);
  return failed > 0 || sum('passed') === 0 || isInterrupted ? 1 : 0;
};

await runMain(main);
