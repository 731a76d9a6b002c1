// Getting started: the slice keeps what it promises.
// #region spec
import { given } from '@mainstem/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BookSeat, workshop, WorkshopFull } from './workshop.aggregate.js';
import type { WorkshopEvent } from './workshop.events.js';
import { createApplication } from './workshops.application.js';

const booked = (guest: string): WorkshopEvent => ({ type: 'SeatBooked', data: { guest } });

it('refuses a guest when all seats are taken', () =>
  given(workshop, [booked('Ada'), booked('Grace')])
    .when(Object.assign(new BookSeat(), { workshop: 'bread', guest: 'Edsger' }))
    .thenRefuses(WorkshopFull));

it('shows a guest as soon as the position of the booking is asked for', async () => {
  const dir = mkdtempSync('/tmp/workshops-');
  const app = await createApplication(dir);
  const url = `${await app.listen(0).then(() => app.getUrl())}/workshops/bread`;
  const request = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{ "guest": "Ada" }' };
  const position = (await fetch(`${url}/seats`, request)).headers.get('Mainstem-Position');
  expect(await (await fetch(`${url}?minPosition=${position}`)).json()).toEqual({ stream: 'workshop-bread', guests: ['Ada'] });
  await app.close();
  rmSync(dir, { recursive: true });
});
// #endregion
