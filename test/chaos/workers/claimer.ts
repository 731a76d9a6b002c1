// Gives names to accounts of its own until it is killed, one command after the other. Arguments: connection string,
// what its accounts begin with, seed.
import { EventStoreDbEventStore } from '@mainstem/eventstoredb';
import { seededRandom } from '@mainstem/testing';
import { account, outcomeOf, processOn } from '../../../libs/aggregate/src/command/unique-claims.fixtures.js';
import { NAMES } from '../support/claimed-names.js';

const ACCOUNTS = 3;
const [connectionString = '', own = '', seed = ''] = process.argv.slice(2);

const executor = processOn(await EventStoreDbEventStore.open({ connectionString }));
const random = seededRandom(Number(seed));
for (let command = 0; ; command++) {
  const commandId = `${own}/${command}`;
  const name = random.int(0, 3) === 0 ? null : (NAMES[random.int(0, NAMES.length - 1)] ?? null);
  const outcome = await outcomeOf(executor.execute(account, `${own}-${random.int(1, ACCOUNTS)}`, { name }, { commandId }));
  process.send?.({ kind: 'answered', commandId, outcome });
}
