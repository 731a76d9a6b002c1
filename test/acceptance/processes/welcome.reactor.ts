// Each account that is opened with more than 1,000 gets a bonus.
import { reactor, send } from '@mainstem/process';
import { account, accountEvents, Credit } from '../../../libs/process/src/transfer.fixtures.js';

// #region reactor
export const welcome = reactor({
  name: 'welcome',
  events: [accountEvents],
  startsAt: 'first-event',
  react: {
    Opened: ({ stream, data }) => (data.balance > 1_000 ? [send('bonus', account, stream.slice('account-'.length), new Credit('welcome', 10))] : []),
  },
});
// #endregion
