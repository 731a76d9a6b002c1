// A server of EventStoreDB's protocol, to be killed. Arguments: folder, port.
import { EventStoreDbServer } from '@mainstem/eventstoredb-server';

const [dir = '', port = '0'] = process.argv.slice(2);
const server = await EventStoreDbServer.start({ dir, port: Number(port) });
process.send?.({ kind: 'listening', port: server.port });
