// Whether a process of several parts also runs the policies.
import { isOn, type Setting } from '@mainstem/event-store/settings';

export const policiesSetting: Setting<boolean> = {
  flag: '--policies',
  environment: 'POLICIES',
  default: 'off',
  help: '`on` also feeds customers and products from documents, and lets `mainstem` show how far that is; `npm start` alone',
  parse: isOn,
};
