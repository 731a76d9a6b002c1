// Getting started: what can be asked for, and the rules.
// #region aggregate
import { CommandRefused, defineAggregate } from '@mainstem/aggregate';
import { Length, Matches } from 'class-validator';
import { workshopEvents } from './workshop.events.js';

const SEATS = 2;

export class BookSeat {
  @Matches(/^[a-z0-9-]{1,40}$/) workshop!: string;
  @Length(1, 80) guest!: string;
}
export class WorkshopFull extends CommandRefused {
  constructor(workshop: string) {
    super('WORKSHOP_FULL', `All ${SEATS} seats of ${workshop} are taken.`);
  }
}

type Guests = readonly string[];

export const workshop = defineAggregate({
  category: 'workshop',
  events: workshopEvents,
  initialState: [] as Guests,
  evolve: (guests: Guests, { data }) => [...guests, data.guest],
  commands: { BookSeat },
  decide: {
    BookSeat: ({ workshop, guest }, guests) => {
      if (guests.includes(guest)) return []; // a repeat is not an error
      if (guests.length >= SEATS) throw new WorkshopFull(workshop);
      return [{ type: 'SeatBooked', data: { guest } }];
    },
  },
});
// #endregion
