// A background process that owns the services it started, until it is told to stop.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { randomUUID } from 'node:crypto';
import { keptFile, keptFolder } from './kept-services.mjs';
import { findEach } from './services.mjs';

const { services, missing } = await findEach({ isOpenSearchNeeded: true, isKept: true });
const started = services.filter(({ isOwn }) => isOwn);

const stop = async () => {
  await Promise.allSettled(services.map((service) => service.stop()));
  rmSync(keptFile, { force: true });
};

const report = (kept) => process.send?.({ ...kept, missing: missing.map(({ name, error }) => `${name}: ${error.message}`) });

const keep = () => {
  const token = randomUUID();
  const door = createServer((socket) => {
    socket.setEncoding('utf8').once('data', async (text) => {
      if (text === `${token} hello\n`) return void socket.end('kept\n');
      if (text !== `${token} stop\n`) return void socket.destroy();
      await stop();
      socket.end('stopped\n', () => process.exit(0));
    });
    socket.on('error', () => {}); // the client has gone
  });
  door.listen(0, '127.0.0.1', () => {
    const kept = {
      pid: process.pid,
      port: door.address().port,
      token,
      env: Object.assign({}, ...services.map(({ env }) => env)),
      found: services.map(({ found }) => found),
      started: started.map(({ name }) => name),
    };
    mkdirSync(keptFolder, { recursive: true });
    writeFileSync(`${keptFile}.new`, JSON.stringify(kept, undefined, 2), { mode: 0o600 });
    renameSync(`${keptFile}.new`, keptFile);
    report(kept);
    if (process.connected) process.disconnect();
  });
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop().then(() => process.exit(0)));
if (started.length > 0) {
  keep();
} else {
  // Everything was already running: there is nothing to keep.
  report({ found: services.map(({ found }) => found), started: [], env: Object.assign({}, ...services.map(({ env }) => env)) });
  if (process.connected) process.disconnect();
}
