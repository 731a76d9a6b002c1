// `npm run build`: prepares what is missing and compiles the changes.
import { prepare } from './prepare.mjs';
import { runMain, say } from './repository.mjs';

await runMain(async () => {
  await prepare();
  say('Everything is built.');
  return 0;
});
