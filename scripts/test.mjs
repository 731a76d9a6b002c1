// `npm test`: prepares what is missing, finds the services, runs every suite. Arguments go to Vitest: npm test -- --project unit
import { existsSync } from 'node:fs';
import { runNode } from './child.mjs';
import { prepare } from './prepare.mjs';
import { inRoot, Refusal, runMain } from './repository.mjs';
import { findServices } from './services/services.mjs';

await runMain(async () => {
  await prepare();
  const services = await findServices(process.argv.slice(2));
  // Ctrl-C reaches Vitest by itself; we stay to stop the services.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
  try {
    const vitest = inRoot('node_modules', 'vitest', 'vitest.mjs');
    if (!existsSync(vitest)) throw new Refusal('Vitest is not installed; delete node_modules and run the command again.');
    const reporters = ['--reporter=default', '--reporter=./scripts/counting-reporter.mjs'];
    const { code } = await runNode(['--disable-warning=ExperimentalWarning', vitest, 'run', ...reporters, ...process.argv.slice(2)], {
      env: { ...process.env, ...services.env },
    });
    return code;
  } finally {
    await services.stop();
  }
});
