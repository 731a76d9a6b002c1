// Getting started: the facts that are stored.
// #region events
import { defineEvents, type EventOf } from '@mainstem/event-store';
import { Length } from 'class-validator';

export class SeatBookedData {
  @Length(1, 80) guest!: string;
}
export const workshopEvents = defineEvents('workshop', { SeatBooked: SeatBookedData });
export type WorkshopEvent = EventOf<typeof workshopEvents>;
// #endregion
