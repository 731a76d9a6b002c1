// One of several hosts of the checkout: `<folder> <url of the receiver> <epoch>`. Its time passes fifty times as fast,
// from an epoch that all hosts share.
import { CommandExecutor } from '@mainstem/aggregate';
import { EmbeddedCacheStore, EmbeddedEventStore } from '@mainstem/embedded';
import { systemRuntime, type Runtime } from '@mainstem/event-store';
import { hostProcess, performer } from '@mainstem/process';
import { Projector } from '@mainstem/projection';
import { chargeCard, checkout, sendMail } from '../../../libs/process/src/checkout.fixtures.js';
import { Mails, Payments } from '../../acceptance/processes/payments.js';

const FASTER = 50;
const STATUS_MS = 20;
const [dir = '', url = '', epoch = ''] = process.argv.slice(2);
const epochMs = Number(epoch);

const hurried: Runtime = {
  ...systemRuntime,
  now: () => epochMs + (systemRuntime.now() - epochMs) * FASTER,
  monotonic: () => systemRuntime.monotonic() * FASTER,
  sleep: (ms, signal) => systemRuntime.sleep(ms / FASTER, signal),
  // Back-off is short, so that a run with many failures ends.
  random: () => systemRuntime.random() / 10,
};

const store = await EmbeddedEventStore.open({ dir });
const readStore = await EmbeddedCacheStore.open({ dir });
const executor = new CommandExecutor({ store });
const [payments, mails] = [new Payments(url), new Mails(url)];
const performers = [
  performer(chargeCard, (charge, attempt) => payments.charge(charge, attempt)),
  performer(sendMail, (mail, attempt) => mails.send(mail, attempt)),
];
const recovery = { retryDelayMs: 1, retryDelayMaxMs: 3 };
const hosted = hostProcess(checkout, { executor, store: readStore, runtime: hurried, recovery, effects: { reader: store, performers } });
const projector = new Projector({ reader: store, projections: hosted });
projector.start();
process.send?.({ kind: 'started' });
setInterval(() => {
  const status = projector.status();
  const stopped = status.find(({ state }) => state === 'stopped');
  if (stopped) process.send?.({ kind: 'stopped', projection: stopped.projection, reason: stopped.reason });
  process.send?.({ kind: 'progress', figures: status.find(({ projection }) => projection === 'checkout-effects')?.figures });
}, STATUS_MS);
