// `npm start` and `npm run start:<app>`: prepares what is missing, then runs the application on the repository's Node.
import { existsSync } from 'node:fs';
import { become } from './child.mjs';
import { prepare } from './prepare.mjs';
import { inRoot, Refusal, runMain } from './repository.mjs';

/** The command side is the default Nest project and lives in src. */
const entryOf = (/** @type {string} */ app) =>
  app === 'command-side' ? inRoot('dist', 'src', 'main.js') : inRoot('dist', 'apps', app, 'src', 'main.js');

await runMain(async () => {
  const [app = 'all-in-one', ...args] = process.argv.slice(2);
  await prepare();
  const entry = entryOf(app);
  if (!existsSync(entry)) throw new Refusal(`There is no application ${app}: ${entry} does not exist.`);
  return become(entry, args);
});
