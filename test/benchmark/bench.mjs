// `npm run bench`: prepares what is missing, then measures on the repository's Node, from the sources.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runNode } from '../../scripts/child.mjs';
import { prepare } from '../../scripts/prepare.mjs';
import { readKept } from '../../scripts/services/kept-services.mjs';
import { runMain } from '../../scripts/repository.mjs';

const pathOf = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

await runMain(async () => {
  await prepare({ isBuildNeeded: false });
  const kept = await readKept();
  for (const [name, value] of Object.entries(kept?.env ?? {})) process.env[name] ||= value;
  const loader = pathToFileURL(pathOf('../fixtures/source-loader.mjs')).href;
  const { code } = await runNode([
    '--no-warnings',
    '--conditions=@mainstem/source',
    '--import',
    loader,
    pathOf('bench.ts'),
    ...process.argv.slice(2),
  ]);
  return code;
});
