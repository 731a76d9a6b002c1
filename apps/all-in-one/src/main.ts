// Starts everything in one process: `npm start`.
import 'reflect-metadata';
import { SalesQueries } from '#apps/query-api/src/sales/sales.queries.js';
import { eventStoreAddress } from '#src/event-store/event-store-settings.js';
import type { EventStore } from '@mainstem/event-store';
import { readSettings, settingsHelp } from '@mainstem/event-store/settings';
import { announce, EVENT_STORE, listen, runMain } from '@mainstem/nest';
import { Projector } from '@mainstem/projection';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { setTimeout as delay } from 'node:timers/promises';
import { allInOneSettings, type AllInOneSettings } from './all-in-one-settings.js';
import { createAllInOne } from './all-in-one.application.js';
import { assertFile, repositoryData } from './data-file.js';
import { FirstImport } from './first-import.js';
import { progressLine } from './progress-line.js';
import { ProgressDisplay } from './progress-display.js';
import { summary } from './summary.js';

const POLL_MS = 100;

runMain(async () => {
  const argv = process.argv.slice(2);
  const rows = allInOneSettings({ data: repositoryData() });
  if (argv.includes('--help')) return console.log(settingsHelp('Runs the shop ledger in one process.', rows));
  const settings = readSettings(rows, argv, process.env);
  assertFile(settings.data);
  const startedMs = performance.now();
  const app = await createAllInOne(settings);
  const url = await listen(app, settings.port, settings.host, settings);
  const events = settings.eventStore === 'embedded' ? '' : `, events on ${eventStoreAddress(settings)}`;
  announce(`Mainstem shop ledger on ${url}, data in ${settings.dir}${events}`);
  try {
    if (await isLive(app)) await summarise(app, settings, url, (performance.now() - startedMs) / 1_000);
  } catch (error) {
    // An outage at this moment is like any other: the application goes on, and health reports it.
    announce(`The summary cannot be shown: ${error instanceof Error ? error.message : String(error)} The application goes on.`, 'error');
  }
});

/** Shows progress until everything is live; false if the application stopped or the import failed first. */
const isLive = async (app: NestExpressApplication): Promise<boolean> => {
  const firstImport = app.get(FirstImport);
  const projector = app.get(Projector);
  const display = new ProgressDisplay(process.stdout, () => progressLine(firstImport.status(), projector.status()));
  display.start();
  const { state } = await firstImport.ended();
  if (state === 'stopped' || state === 'failed') return false;
  // Asked for now: a projector learns of a far event store's end only from time to time.
  const head = (await app.get<EventStore>(EVENT_STORE).head()) ?? 0n;
  while (
    !projector
      .status()
      .every(({ state, position = 0n, lagEvents = 0n }) => (state === 'live' || state === 'standby') && lagEvents === 0n && position >= head)
  ) {
    await delay(POLL_MS, undefined, { ref: false });
  }
  display.end();
  return true;
};

const summarise = async (app: NestExpressApplication, { dir }: AllInOneSettings, url: string, secondsUntilLive: number): Promise<void> => {
  const { value: totals } = await app.get(SalesQueries).totals();
  const firstImport = app.get(FirstImport).status();
  const projections = app.get(Projector).status();
  announce(`\n${summary({ url, dir, totals, firstImport, secondsUntilLive, projections })}\n`);
};
