// A server of EventStoreDB's protocol in its own process, so that its work does not count as a client's. Argument:
// folder.
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';

const [dir = ''] = process.argv.slice(2);
const server = await EventStoreDbServer.start({ dir, port: 0, writeBytesMax: 16 * 1_048_576 });
let cpu = process.cpuUsage();
process.on('message', (message) => {
  if (message === 'stop') void server.stop().then(() => process.disconnect());
  const { user, system } = process.cpuUsage(cpu);
  if (message === 'start') cpu = process.cpuUsage();
  if (message === 'cpu') process.send?.({ cpuMs: (user + system) / 1_000 });
});
process.send?.({ connectionString: server.connectionString });
