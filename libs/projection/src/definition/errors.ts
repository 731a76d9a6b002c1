// Errors of definitions: the program has to be changed.
import { MainstemError } from '@mainstem/event-store';

/** A projection's definition cannot work; the program has to be changed. */
export class InvalidProjection extends MainstemError {
  constructor(
    readonly projection: string,
    problem: string,
  ) {
    super('PROJECTION_INVALID_DEFINITION', `Projection ${projection}: ${problem}`);
  }
}
