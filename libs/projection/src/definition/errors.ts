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

/** A read store keeps a collection for the projection that has generations with it. */
export class CollectionTaken extends InvalidProjection {
  constructor(
    projection: string,
    readonly collection: string,
    readonly owner: string,
  ) {
    super(
      projection,
      `the collection ${collection} belongs to projection ${owner}; choose another name. If the application does not have ${owner} any more, ` +
        `remove what it has left behind: mainstem forget ${owner}`,
    );
  }
}
