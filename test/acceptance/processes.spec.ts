// An application with a process manager and a reactor, over a restart.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandExecutor, loadAggregate } from '@mainstem/aggregate';
import type { EventStore } from '@mainstem/event-store';
import { EVENT_STORE } from '@mainstem/nest';
import { Projector } from '@mainstem/projection';
import { expect, it } from 'vitest';
import { account, Open, RequestTransfer, transfer } from '../../libs/process/src/transfer.fixtures.js';
import { createBank } from './processes/bank.application.js';

it('an application carries transfers out, also those that were asked for just before it ended', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'mainstem-bank-'));
  try {
    const first = await createBank(dir);
    await first.listen(0, '127.0.0.1');
    const executor = first.get(CommandExecutor);
    await executor.execute(account, 'ann', new Open(2_000));
    await executor.execute(account, 'bob', new Open(0));
    for (let index = 0; index < 20; index++) await executor.execute(transfer, `t${index}`, new RequestTransfer('ann', 'bob', 100));
    await first.close();
    const second = await createBank(dir);
    await second.listen(0, '127.0.0.1');
    const store = second.get<EventStore>(EVENT_STORE);
    const balanceOf = async (id: string): Promise<number> => (await loadAggregate(store, account, id)).state.balance;
    await expect.poll(() => balanceOf('bob')).toBe(2_000);
    await expect.poll(() => balanceOf('ann')).toBe(10);
    const ready = await fetch(`${await second.getUrl()}/health/ready`);
    expect(ready.status).toBe(200);
    const projections = second.get(Projector).status();
    expect(projections.map(({ projection }) => projection)).toEqual(['run', 'run-outbox', 'run-deadlines', 'run-instances', 'run-late', 'welcome']);
    await second.close();
  } finally {
    await rm(dir, { recursive: true });
  }
});
