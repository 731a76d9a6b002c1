// The result of an import.

export interface ImportReport {
  /** False if it was aborted: the rest of the file was not read. A repeated import goes on. */
  readonly isComplete: boolean;
  /** Non-empty lines of the file so far: added + alreadyThere + rejected, once complete. */
  readonly lines: number;
  /** Events that this import appended. */
  readonly added: number;
  /** Events that an earlier import had appended. */
  readonly alreadyThere: number;
  /** Lines in the rejects file. */
  readonly rejected: number;
  readonly rejectedByCode: Readonly<Record<string, number>>;
  /** The path of that file; null if there is none. */
  readonly rejectsFile: string | null;
  /** Added lines with another number than in the file: a document numbers its lines as they are added. */
  readonly renumbered: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Added and already there. */
  readonly eventsPerSecond: number;
}

/** Called for each piece of the file: bytes read so far, size of the file, and events in the store by now. */
export type ImportProgress = (bytesRead: number, bytesTotal: number, events: number) => void;
