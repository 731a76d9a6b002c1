import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TcpProxy } from './tcp-proxy.js';

/** A server that echoes and remembers what it receives. */
let echo: Server;
let received: string;
let proxy: TcpProxy;
beforeEach(async () => {
  received = '';
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.toString();
      socket.write(chunk);
    });
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', () => resolve()));
  proxy = await TcpProxy.listen({ target: { host: '127.0.0.1', port: (echo.address() as AddressInfo).port } });
});
afterEach(async () => {
  await proxy.close();
  await new Promise((resolve) => echo.close(resolve));
});

interface Caller {
  readonly socket: Socket;
  answered: string;
  isGone: boolean;
}

const call = (): Caller => {
  const caller: Caller = { socket: createConnection({ host: '127.0.0.1', port: proxy.port }), answered: '', isGone: false };
  caller.socket.on('data', (chunk) => (caller.answered += chunk.toString()));
  caller.socket.on('error', () => undefined);
  caller.socket.on('close', () => (caller.isGone = true));
  return caller;
};

const answered = (caller: Caller, text: string): Promise<void> => expect.poll(() => caller.answered, { interval: 1 }).toBe(text);

describe('a TCP proxy', () => {
  it('passes everything on, both ways', async () => {
    const caller = call();
    caller.socket.write('hello');
    await answered(caller, 'hello');
  });

  it('passes on the end', async () => {
    const caller = call();
    caller.socket.end('bye');
    await once(caller.socket, 'close');
    expect(caller.answered).toBe('bye');
  });

  it('resets open connections, and accepts new ones', async () => {
    const caller = call();
    caller.socket.write('a');
    await answered(caller, 'a');
    proxy.reset();
    await expect.poll(() => caller.isGone).toBe(true);
    const again = call();
    again.socket.write('b');
    await answered(again, 'b');
  });

  it('refuses new connections and keeps the open ones', async () => {
    const first = call();
    first.socket.write('a');
    await answered(first, 'a');
    proxy.become({ kind: 'refuse' });
    const second = call();
    await expect.poll(() => second.isGone).toBe(true);
    first.socket.write('b');
    await answered(first, 'ab');
  });

  it('loses answers but not requests, and a connection that has lost an answer stays dead', async () => {
    const caller = call();
    caller.socket.write('a');
    await answered(caller, 'a');
    proxy.become({ kind: 'no-reply' });
    caller.socket.write('b');
    await expect.poll(() => received).toBe('ab');
    proxy.become({ kind: 'none' });
    const other = call();
    caller.socket.write('c');
    other.socket.write('d');
    await answered(other, 'd');
    expect([caller.answered, caller.isGone]).toEqual(['a', false]);
  });

  it('drops both directions silently when it is half open, and what was dropped never comes', async () => {
    const caller = call();
    caller.socket.write('a');
    await answered(caller, 'a');
    proxy.become({ kind: 'half-open' });
    const silent = call();
    silent.socket.write('x');
    await once(silent.socket, 'connect');
    await new Promise((resolve) => caller.socket.write('b', resolve));
    proxy.become({ kind: 'none' });
    const other = call();
    other.socket.write('c');
    await answered(other, 'c');
    expect([caller.answered, caller.isGone, silent.isGone]).toEqual(['a', false, false]);
  });

  it('delays traffic without losing any', async () => {
    proxy.become({ kind: 'trickle', bytes: 1, everyMs: 1 });
    const caller = call();
    caller.socket.write('slowly');
    await answered(caller, 'slowly');
    proxy.become({ kind: 'delay', delayMs: 20 });
    const startedMs = performance.now();
    caller.socket.write('!');
    await answered(caller, 'slowly!');
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(38);
  });
});
