// Errors of generated code: each says what to do, and nothing was written.
import { MainstemError } from '@mainstem/event-store';

/** A name, or a list of events or fields, does not follow its rule. */
export class InvalidRequestText extends MainstemError {
  constructor(
    readonly given: string,
    rule: string,
  ) {
    super('SCHEMATICS_INVALID_REQUEST', `"${given}" ${rule}`);
  }
}

/** Something else has that name already. */
export class NameTaken extends MainstemError {
  constructor(
    readonly file: string,
    problem: string,
  ) {
    super('SCHEMATICS_NAME_TAKEN', `${problem} (${file}). Choose another name, or change that file by hand.`);
  }
}

/** What has to be registered has no place in the file as it is now. */
export class PlaceNotFound extends MainstemError {
  constructor(
    readonly file: string,
    readonly line: string,
    where: string,
  ) {
    super(
      'SCHEMATICS_PLACE_NOT_FOUND',
      `${file}: there is no ${where}. Make that place, or add this there yourself, and run the command again: ${line}`,
    );
  }
}

/** A file that the request needs is not there. */
export class FileMissing extends MainstemError {
  constructor(
    readonly file: string,
    advice: string,
  ) {
    super('SCHEMATICS_FILE_MISSING', `There is no ${file}. ${advice}`);
  }
}
