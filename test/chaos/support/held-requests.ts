// A way to a server on which a request can be held, while something else happens.
import { createServer, request as forward, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HeldRequests extends AsyncDisposable {
  readonly url: string;
}

/** `before` is awaited before a request is passed on; it gets method and path. */
export const holdRequests = async (url: string, before: (request: string) => Promise<void>): Promise<HeldRequests> => {
  const server = createServer((incoming, outgoing) => {
    const pass = async (): Promise<void> => {
      const body = await bodyOf(incoming);
      await before(`${incoming.method} ${incoming.url}`);
      const { method, headers } = incoming;
      const sent = forward(new URL(incoming.url ?? '/', url), { ...(method !== undefined && { method }), headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      sent.once('error', () => outgoing.destroy());
      sent.end(body);
    };
    pass().catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const bodyOf = async (incoming: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
