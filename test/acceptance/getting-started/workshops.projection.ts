// Getting started: what can be queried, and how it follows from the events.
// #region projection
import { documentProjection } from '@mainstem/projection';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { workshopEvents } from './workshop.events.js';

@Entity('workshops')
export class Workshop {
  @PrimaryColumn('text') stream!: string;
  @Column('simple-json') guests!: readonly string[];
}
export const workshops = documentProjection({
  name: 'workshops',
  version: 1,
  document: Workshop,
  events: [workshopEvents],
  key: (event) => event.stream,
  evolve: { SeatBooked: (before, { stream, data }) => ({ stream, guests: [...(before?.guests ?? []), data.guest] }) },
});
// #endregion
