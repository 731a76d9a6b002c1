// Errors of an import as a whole. Faults of single lines go into the rejects file.
import { MainstemError } from '@mainstem/event-store';

/** The file cannot be read completely; what came before is imported. @param hasBegun whether anything was read. */
export class ImportFileUnreadable extends MainstemError {
  constructor(
    readonly file: string,
    cause: unknown,
    hasBegun: boolean,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      'IMPORT_FILE_UNREADABLE',
      hasBegun
        ? `${file} cannot be read completely: ${reason}. What was read is imported; importing again goes on from there.`
        : `${file} cannot be read: ${reason}. Nothing was imported; check the path, and that it is a file with events.`,
      { cause },
    );
  }
}

/** The rejects file cannot be written; the import ended, because no line may be lost silently. */
export class RejectsFileUnwritable extends MainstemError {
  constructor(
    readonly file: string,
    cause: unknown,
  ) {
    super(
      'IMPORT_REJECTS_UNWRITABLE',
      `${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}. Choose another file for the rejects.`,
      { cause },
    );
  }
}
