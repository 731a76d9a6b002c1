// `npm run services [stop]`: starts the missing services and prints the addresses of all; `stop` ends those that it
// started.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { prepare } from './prepare.mjs';
import { Refusal, repositoryNode, root, runMain, say } from './repository.mjs';
import { keptFolder, readKept, stopKept } from './services/kept-services.mjs';

const tell = ({ found, env, missing = [] }) => {
  for (const service of found) say(`Service: ${service}.`);
  for (const problem of missing) say(`Service missing: ${problem}`);
  for (const [name, value] of Object.entries(env)) process.stdout.write(`${name}=${value}\n`);
  return missing.length > 0 ? 1 : 0;
};

const start = async () => {
  await prepare({ isBuildNeeded: false });
  const kept = await readKept();
  if (kept) {
    say(`Running since an earlier npm run services: ${kept.started.join(', ')}.`);
    return tell(kept);
  }
  mkdirSync(keptFolder, { recursive: true });
  const log = openSync(path.join(keptFolder, 'keeper.log'), 'w');
  const keeper = fork(path.join(root, 'scripts', 'services', 'keeper.mjs'), {
    execPath: repositoryNode,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const [answer] = await Promise.race([once(keeper, 'message'), once(keeper, 'exit').then(() => [undefined])]);
  if (!answer) throw new Refusal(`The services could not be started; see ${path.join(keptFolder, 'keeper.log')}.`);
  keeper.unref();
  const code = tell(answer);
  if (answer.started.length > 0) say(`Started: ${answer.started.join(', ')}. End with: npm run services:stop`);
  return code;
};

const stop = async () => {
  const kept = await readKept();
  if (!kept) {
    say('Nothing to stop: no services were started by npm run services.');
    return 0;
  }
  await stopKept(kept);
  say(`Stopped: ${kept.started.join(', ')}.`);
  return 0;
};

await runMain(process.argv[2] === 'stop' ? stop : start);
