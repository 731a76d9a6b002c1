// Errors of the command line itself. Other errors have the code of their library.
import { MainstemError, nearestName, printable } from '@mainstem/event-store';
import { shellWord } from './format/shell-word.js';

/** No package.json, from here upwards, names an application. */
export class NoApplication extends MainstemError {
  constructor(readonly folder: string) {
    super(
      'CLI_NO_APPLICATION',
      `There is no Mainstem application in ${folder} or above it. Run the command inside one: its package.json has "mainstem": { "application": "./dist/….js" }.`,
    );
  }
}

/** The application's module cannot be used: not built, or without the export. */
export class UnusableApplication extends MainstemError {
  constructor(
    readonly module: string,
    problem: string,
    cause?: unknown,
  ) {
    super('CLI_UNUSABLE_APPLICATION', `The application ${module} cannot be used: ${problem}`, { cause });
  }
}

/** An argument or option cannot be understood. */
export class InvalidArgument extends MainstemError {
  constructor(
    readonly argument: string,
    problem: string,
  ) {
    super('CLI_INVALID_ARGUMENT', `${argument} ${problem}`);
  }
}

/** An argument or option names something that does not exist. */
export const unknownValue = (argument: string, given: string, known: readonly string[]): InvalidArgument => {
  const meant = nearestName(given, known);
  return new InvalidArgument(argument, `must be one of: ${known.join(', ')}; got "${given}".${meant === undefined ? '' : ` Did you mean ${meant}?`}`);
};

/** The stream has no events. */
export class UnknownStream extends MainstemError {
  constructor(readonly stream: string) {
    super(
      'CLI_UNKNOWN_STREAM',
      `There is no stream ${stream} in this event store. Names look like category-id; mainstem tail --from start lists them.`,
    );
  }
}

/** The read model has no document of that key. */
export class UnknownDocument extends MainstemError {
  constructor(
    readonly collection: string,
    readonly key: string,
  ) {
    super('CLI_UNKNOWN_DOCUMENT', `There is no document ${key} in ${collection}. mainstem show lists the documents.`);
  }
}

/** The application has no import. */
export class NoImport extends MainstemError {
  constructor(readonly application: string) {
    super('CLI_NO_IMPORT', `The application ${application} cannot import files: its definition has no importFile.`);
  }
}

/** The application has no unique values, or does not say how its event store is opened to write. */
export class NoUniqueValues extends MainstemError {
  constructor(readonly application: string) {
    super(
      'CLI_NO_UNIQUE_VALUES',
      `The application ${application} has no claims to build: no aggregate has unique, or its definition has no openEventStore.`,
    );
  }
}

/** The application does not hand its processes to the command line. */
export class NoProcesses extends MainstemError {
  constructor(readonly application: string) {
    super('CLI_NO_PROCESSES', `The application ${application} has no processes here: openReadModels of its definition gives no processes.`);
  }
}

/** The process has no instance of that key. */
export class UnknownInstance extends MainstemError {
  constructor(
    readonly process: string,
    readonly key: string,
    meant?: string,
  ) {
    const advice = meant === undefined ? `mainstem process list ${process} lists them.` : `Did you mean ${meant}?`;
    super('CLI_UNKNOWN_INSTANCE', `There is no instance ${key} of ${process}. ${advice}`);
  }
}

/** The instance is in another state than the command is for; nothing was recorded. */
export class InstanceNotReady extends MainstemError {
  constructor(
    readonly process: string,
    readonly key: string,
    problem: string,
  ) {
    super('CLI_INSTANCE_NOT_READY', `${process} ${key}: ${problem} mainstem process show ${process} ${shellWord(key)} tells where it stands.`);
  }
}

/** There is no lock file to compare with. */
export class NoContractLock extends MainstemError {
  constructor(readonly file: string) {
    super('CLI_NO_CONTRACT_LOCK', `There is no lock file ${file}. mainstem contracts accept makes it from the declared events; commit it.`);
  }
}

/** The lock file cannot be read or written. */
export class UnusableContractLock extends MainstemError {
  constructor(
    readonly file: string,
    problem: string,
    cause?: unknown,
  ) {
    super('CLI_UNUSABLE_CONTRACT_LOCK', `The lock file ${file} cannot be used: ${problem}`, { cause });
  }
}

/** Stored events cannot be read now, so nothing is known about them. */
export class HistoryUnreadable extends MainstemError {
  constructor(cause: MainstemError) {
    super(
      'CLI_HISTORY_UNREADABLE',
      `Stored events cannot be read: ${cause.message} (${cause.code}) With --no-history they are left out, and the lock file alone is compared.`,
      { cause },
    );
  }
}

/** The application does not say how its event store is opened to write. */
export class NoEventStore extends MainstemError {
  constructor(readonly application: string) {
    super('CLI_NO_EVENT_STORE', `The application ${application} cannot be told anything from here: its definition has no openEventStore.`);
  }
}

/** The application does not say how event stores at an address are opened, or one of them takes no copies. */
export class NoCopy extends MainstemError {
  constructor(
    readonly application: string,
    reason: string,
  ) {
    super('CLI_NO_COPY', `The event store of ${application} cannot be copied from here: ${reason}.`);
  }
}

/** Both addresses lead to the same event store. */
export class CopyOntoItself extends MainstemError {
  constructor() {
    super('CLI_COPY_ONTO_ITSELF', '--from and --to lead to the same event store. Name an empty one in --to.');
  }
}

/** The target of a copy holds an event that the source has not, or has elsewhere; nothing was written. */
export class CopyTargetForeign extends MainstemError {
  readonly stream: string;
  readonly revision: bigint;

  constructor({ stream, revision, id }: { readonly stream: string; readonly revision: bigint; readonly id: string }) {
    super(
      'CLI_COPY_TARGET_FOREIGN',
      `The target of the copy is neither empty nor the beginning of this copy: the source has no event ${id} at ${stream}@${revision}. Name an empty event store in --to.`,
    );
    this.stream = stream;
    this.revision = revision;
  }
}

/** A look of a watch was not answered before the watch ended. */
export class NoAnswer extends MainstemError {
  constructor(seconds: number) {
    super(
      'CLI_NO_ANSWER',
      `A store gave no answer within ${seconds.toFixed(1)} s, when the time of --for was over. mainstem doctor tells which one.`,
    );
  }
}

/** A store could not be read, so whether a copy is equal is not known. The cause is the store's error. */
export class NotCompared extends MainstemError {
  constructor(cause: MainstemError) {
    super(
      'CLI_NOT_COMPARED',
      `The event stores were not compared: ${cause.message} (${cause.code}) Remove the cause, and run the same command again.`,
      {
        cause,
      },
    );
  }
}

/** `mainstem new` makes a folder, and does not mix with one. */
export class FolderNotEmpty extends MainstemError {
  constructor(readonly folder: string) {
    super('CLI_FOLDER_NOT_EMPTY', `${folder} is there and not empty. Choose another name, or remove it first.`);
  }
}

/** The folder of packed packages lacks some that the application needs. */
export class PackagesMissing extends MainstemError {
  constructor(
    readonly folder: string,
    readonly names: readonly string[],
  ) {
    super(
      'CLI_PACKAGES_MISSING',
      `${folder} has no tarball of ${names.join(', ')}. In the repository of Mainstem: npm run build, then npm pack --workspaces --pack-destination <folder>.`,
    );
  }
}

/** The package that generates code is not installed. */
export class GeneratorsMissing extends MainstemError {
  constructor(cause: unknown) {
    super('CLI_GENERATORS_MISSING', 'Generating code needs another package, as a tool of the project: npm install --save-dev @mainstem/schematics', {
      cause,
    });
  }
}

/** Standard output has no room or is closed: the printed result is incomplete. */
export class OutputUnwritable extends MainstemError {
  constructor(cause: Error) {
    super(
      'CLI_OUTPUT_UNWRITABLE',
      `The result cannot be written completely: ${cause.message}. Make room, or write it elsewhere, and run the command again.`,
      { cause },
    );
  }
}

/** The config of a deployment, or nest-cli.json, is missing or says what cannot be rendered; nothing was written. */
export class DeployConfigInvalid extends MainstemError {
  constructor(
    readonly file: string,
    problem: string,
    cause?: unknown,
  ) {
    super('CLI_DEPLOY_CONFIG_INVALID', printable(`${file}: ${problem}`), cause === undefined ? {} : { cause });
  }
}

/** A package that makes or validates what is rendered is not installed; nothing was written. */
export class DeployPackageMissing extends MainstemError {
  constructor(
    readonly packageName: string,
    cause: unknown,
  ) {
    super('CLI_DEPLOY_PACKAGE_MISSING', `Rendering needs the package ${packageName}: npm install --save-dev ${packageName}`, { cause });
  }
}

/** The folder for what is rendered cannot be read or written. */
export class DeployFolderUnusable extends MainstemError {
  constructor(
    readonly folder: string,
    cause: Error,
  ) {
    super('CLI_DEPLOY_FOLDER_UNUSABLE', `${folder} cannot be used: ${cause.message}. Name another one by --out, and run the command again.`, {
      cause,
    });
  }
}
