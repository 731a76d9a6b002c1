// `npm run clean`: removes the results of the build, but no data folders and no node_modules.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { inRoot, say } from './repository.mjs';

const folders = [inRoot('dist'), ...readdirSync(inRoot('libs')).map((lib) => inRoot('libs', lib, 'dist'))].filter((folder) => existsSync(folder));
for (const folder of folders) rmSync(folder, { recursive: true, force: true });
say(`Removed ${folders.length} build folders.`);
