#!/usr/bin/env node
// Serves EventStoreDB's protocol: `npx @mainstem/eventstoredb-server --help` tells how.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NODE_MIN = [22, 22];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const main = new URL('../dist/command-line/main.js', import.meta.url);

if (major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1]))
  fail(`The event store server needs Node ${NODE_MIN.join('.')} or newer and runs on ${process.version}.`);
if (!existsSync(fileURLToPath(main))) fail('The event store server is not built yet. Run: npm run build');
// Users who start a server need no warning that SQLite is new in Node.
process.removeAllListeners('warning');
process.on('warning', (warning) => warning.name === 'ExperimentalWarning' || console.error(String(warning)));
await (await import(main.href)).main(process.argv.slice(2));

function fail(message) {
  console.error(message);
  process.exit(1);
}
