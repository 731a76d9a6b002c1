// What an import came to.

export interface ImportReport {
  /** False if it was aborted: the rest of the file was not read. Importing again goes on. */
  readonly isComplete: boolean;
  /** Lines of the file that hold something, read so far: added + alreadyThere + rejected, once complete. */
  readonly lines: number;
  /** Events appended by this import. */
  readonly added: number;
  /** Events that an earlier import had appended. */
  readonly alreadyThere: number;
  /** Lines set aside in the rejects file. */
  readonly rejected: number;
  readonly rejectedByCode: Readonly<Record<string, number>>;
  /** Where they are; null if there are none. */
  readonly rejectsFile: string | null;
  /** Added lines that did not keep their number: a document numbers its lines in the order in which they are added, and others were set aside, or added before. */
  readonly renumbered: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Added and already there. */
  readonly eventsPerSecond: number;
}

/** Called once a piece of the file: bytes of the file read so far, its size, and events that are in the store by now. */
export type ImportProgress = (bytesRead: number, bytesTotal: number, events: number) => void;
