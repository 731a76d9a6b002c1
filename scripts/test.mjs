// `npm test`: prepares what is missing, finds the services, runs the rings `check` and `test`. Arguments go to Vitest
// and choose from all rings: npm test -- --project chaos test/chaos/leases.spec.ts
import { prepare } from './prepare.mjs';
import { runMain } from './repository.mjs';
import { projectArgs, rings } from './rings.mjs';
import { findServices } from './services/services.mjs';
import { runVitest } from './vitest.mjs';

/** A project, a part of a path, or a test's name chooses tests; other options, such as --bail=1, choose nothing. */
const choosesTests = (/** @type {string} */ arg) => !arg.startsWith('-') || /^(--project|--testNamePattern|-t)\b/.test(arg);

await runMain(async () => {
  await prepare();
  const own = process.argv.slice(2);
  const args = own.some(choosesTests) ? own : [...projectArgs([...rings.check, ...rings.test]), ...own];
  const services = await findServices(args);
  // Vitest receives Ctrl-C itself; this process stays to stop the services.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
  try {
    const { code } = await runVitest(args, { env: services.env });
    return code;
  } finally {
    await services.stop();
  }
});
