// What operators have told about a projection, kept beside its generations.

/** Like a lease it is for all processes, and like a checkpoint it stays when they end. */
export interface Note {
  readonly projection: string;
  /** What it is about; a projection has one note of each name at most. */
  readonly name: string;
  readonly text: string;
}
