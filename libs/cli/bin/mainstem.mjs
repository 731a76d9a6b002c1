#!/usr/bin/env node
// Starts the command line on a new enough Node: this one, else the one that the project installs as a dependency.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NODE_MIN = [22, 13];
const LEFT_OPEN_MS = 2_000;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const isNewEnough = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
const folder = path.dirname(fileURLToPath(import.meta.url));

if (isNewEnough) await runHere();
else runOnProjectNode();

async function runHere() {
  const main = path.resolve(folder, '../dist/main.js');
  if (!existsSync(main)) fail('The command line is not built yet. Run: npm run build');
  const { main: run } = await import(pathToFileURL(main).href);
  let hasEnded = false;
  // Node ends silently when nothing is left that could end the command.
  process.once('exit', () => {
    if (hasEnded) return;
    console.error('The command waits for something that can no longer happen; it was given up. Run it again. (CLI_NEVER_ENDS)');
    process.exitCode = 1;
  });
  process.exitCode = await run(process.argv.slice(2));
  hasEnded = true;
  // Resources that the application has left open must not keep the command alive.
  setTimeout(() => process.exit(), LEFT_OPEN_MS).unref();
}

function runOnProjectNode() {
  const node = [process.cwd(), folder].map(projectNode).find((found) => found !== undefined);
  if (!node) fail(`mainstem needs Node ${NODE_MIN.join('.')} or newer and runs on ${process.version}. In a project: npm install --save-dev node@24`);
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.stdin.isTTY || child.kill(signal));
  child.once('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

function projectNode(start) {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  for (let at = path.resolve(start); ; at = path.dirname(at)) {
    const node = path.join(at, 'node_modules/node/bin', name);
    if (existsSync(node)) return node;
    if (at === path.dirname(at)) return undefined;
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
