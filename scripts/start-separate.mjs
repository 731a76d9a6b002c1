// `npm run start:separate`: every application as a separate process over the event store server. Ctrl-C stops them in
// order.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { prepare } from './prepare.mjs';
import { Refusal, runMain, say } from './repository.mjs';
import { SeparateApplications } from './separate-applications.mjs';

const HELP = `Runs every application as a process of its own: event store, command side, three projectors, query API.

  --dir <folder>   events and read models, default .mainstem/separate
  --free-ports     take free ports instead of 2113 and 3000 to 3005

With EVENT_STORE=esdb://… that server is used, and no event store is started. With POLICIES=on the policies run, too.
A process that ends stays down until you start it again; the others go on meanwhile.`;

await runMain(async () => {
  const settings = settingsOf(process.argv.slice(2));
  if (settings === undefined) {
    say(HELP);
    return 0;
  }
  await prepare();
  return new SeparateApplications(settings).run();
});

function settingsOf(/** @type {string[]} */ argv) {
  let values;
  try {
    const options = { dir: { type: 'string' }, 'free-ports': { type: 'boolean' }, help: { type: 'boolean' } };
    ({ values } = parseArgs({ args: argv, options: /** @type {any} */ (options) }));
  } catch (error) {
    throw new Refusal(`${error.message}\n\n${HELP}`);
  }
  if (values.help) return undefined;
  return { dir: path.resolve(values.dir ?? path.join('.mainstem', 'separate')), isOnFreePorts: values['free-ports'] ?? false };
}
