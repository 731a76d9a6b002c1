// Getting started: what can be asked for, and the rules.
// #region aggregate
import { CommandRefused, defineAggregate } from '@mainstem/aggregate';
import { Length, Matches } from 'class-validator';
import { workshopEvents, type WorkshopEvent } from './workshop.events.js';

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
const evolve = (guests: Guests, { data }: WorkshopEvent): Guests => [...guests, data.guest];

const decide = ({ workshop, guest }: BookSeat, guests: Guests): readonly WorkshopEvent[] => {
  if (guests.includes(guest)) return []; // a repeat is not an error
  if (guests.length >= SEATS) throw new WorkshopFull(workshop);
  return [{ type: 'SeatBooked', data: { guest } }];
};

export const workshop = defineAggregate({ category: 'workshop', events: workshopEvents, initialState: [] as Guests, evolve, decide });
// #endregion
