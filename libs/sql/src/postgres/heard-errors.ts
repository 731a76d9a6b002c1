// Connections whose errors never end the process.
import type { Pool, PoolClient } from 'pg';

/**
 * Between the pool's listener and TypeORM's there is a moment without one. A server that ends a new connection just
 * then would end the process. The next use of the connection shows that it is lost.
 */
export const hearErrors = (pool: Pool): void => {
  const heard = new WeakSet<PoolClient>();
  pool.on('acquire', (client) => {
    if (heard.has(client)) return;
    heard.add(client);
    client.on('error', () => undefined);
  });
};
