// `npm run clean`: removes what the build made. Data folders and node_modules stay.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { inRoot, say } from './repository.mjs';

const folders = [inRoot('dist'), ...readdirSync(inRoot('libs')).map((lib) => inRoot('libs', lib, 'dist'))].filter((folder) => existsSync(folder));
for (const folder of folders) rmSync(folder, { recursive: true, force: true });
say(`Removed ${folders.length} build folders.`);
