// What the command line must know about an application. The application declares it once; every command uses it.
import type { AnyAggregate } from '@mainstem/aggregate';
import type { EventReader, EventStore } from '@mainstem/event-store';
import type { SettingRows } from '@mainstem/event-store/settings';
import type { AnyProjection, HostedProjection, ReadStore } from '@mainstem/projection';
import type { HostedReaction, Reaction } from '@mainstem/projection/reaction';
import type { Deadline, Instance, PendingEffect, ProcessManager, Reactor } from '@mainstem/process';

/** The location of the application's data that the user gave; the application's own defaults come after it. */
export interface ApplicationSettings {
  /** The folder from `--dir`. */
  readonly dir?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** An event store that is open for reading, until it is closed. */
export interface OpenEventReader extends EventReader {
  close(): Promise<void>;
}

/** A process manager with what it is hosted on: the same as for `hostProcess`. */
export interface OperatedProcess {
  readonly manager: ProcessManager;
  readonly store: ReadStore;
  readonly deadline?: new () => Deadline;
  readonly instance?: new () => Instance;
  /** Class of the pending effects: `document` of `effects`. */
  readonly effect?: new () => PendingEffect;
}

/** The projections of an application and the read stores that they fill, until they are closed. */
export interface OpenReadModels {
  readonly projections: readonly HostedProjection[];
  /** Reactors, for `status`, `parked` and `forget`. */
  readonly reactions?: readonly HostedReaction[];
  /** Process managers; what they are made of is in none of the other lists. */
  readonly processes?: readonly OperatedProcess[];
  /** All read stores, also those without a projection. Default: those of the projections. */
  readonly stores?: readonly ReadStore[];
  close(): Promise<void>;
}

export interface ImportRequest {
  readonly file: string;
  /** The file for rejected lines, one JSON object a line; by default the application chooses it. */
  readonly rejectsFile?: string;
  /** Called often; it is cheap to ignore. */
  readonly onProgress: (progress: ImportProgress) => void;
  /** Ends the import after the events on their way; a repeated import goes on from there. */
  readonly signal: AbortSignal;
}

export interface ImportProgress {
  readonly events: number;
  /** The size of the file on disk, compressed or not. */
  readonly bytesRead: number;
  readonly bytesTotal: number;
  /** What the import has waited for during the last ten seconds or longer, in words. */
  readonly waitsFor?: string;
}

/** A rule that data may break without being refused. */
export interface RuleViolations {
  readonly rule: string;
  readonly count: number;
  /** Some or all of the ids, as the application chooses. */
  readonly ids: readonly string[];
}

export interface ImportSummary {
  /** The number of lines of the file that were read. */
  readonly lines: number;
  /** Events that are new. */
  readonly appended: number;
  /** Events that an earlier import had already recorded. */
  readonly alreadyThere: number;
  /** Remarks for the user, one sentence each. */
  readonly remarks?: readonly string[];
  /** The number of rejected lines, by reason. */
  readonly rejects: readonly { readonly reason: string; readonly count: number }[];
  /** The file of those lines with their numbers; undefined if there are none. */
  readonly rejectsFile: string | undefined;
  readonly isInterrupted: boolean;
  /** What the read models say about rules; undefined if unknown, for example after an interruption. */
  readonly violations: readonly RuleViolations[] | undefined;
  /** Why they are unknown although everything was recorded: a code and a sentence. */
  readonly violationsProblem?: string;
}

/** The roles of a server, for SQL that an administrator runs. */
export interface SchemaRoles {
  /** Makes and upgrades the schema, and owns it. */
  readonly owner: string;
  /** That of the processes. */
  readonly application: string;
  /** Upgrade from this version, in place of making the schema. */
  readonly from?: number;
}

/** A schema on a server that `mainstem migrate` makes or upgrades. */
export interface OperatedSchema {
  /** What it holds and where it is, without anything secret. */
  readonly title: string;
  /**
   * Makes it, or brings it to the version of this program, while other processes work. Says what was done, in a
   * sentence. The signal ends it between two steps; a repetition goes on. Errors: those of the store.
   */
  migrate(signal: AbortSignal): Promise<string>;
  /** The same as plain SQL, made without a connection; absent where only a process can do it. */
  script?(roles: SchemaRoles): string;
  /** What `migrate` would do, in a sentence; undefined if nothing. It changes nothing. Errors: those of the store. */
  waiting?(signal: AbortSignal): Promise<string | undefined>;
}

/** A store that is open for `mainstem doctor`, until it is closed. */
export interface OpenExaminedStore {
  /** The server's clock, in milliseconds since 1970; absent for a store without a clock of its own. */
  serverTimeMs?(): Promise<number>;
  close(): Promise<void>;
}

/** A store that the settings name, for `mainstem doctor`. */
export interface ExaminedStore {
  /** What it holds and which setting names it, without anything secret. */
  readonly title: string;
  /** Opens it as commands do, and checks its server. Errors: those of the store; the messages say what to do. */
  open(): Promise<OpenExaminedStore>;
}

/** What `mainstem doctor` looks at one by one. */
export interface ExaminedPlaces {
  /** The folder of the embedded stores; absent if no store has files. */
  readonly dir?: string;
  readonly stores: readonly ExaminedStore[];
}

/** Whatever takes events besides the aggregates that wrote them. */
export type DeclaredReader = AnyProjection | Reaction | Reactor | ProcessManager;

/** One application, as the command line sees it. */
export interface MainstemApplication {
  readonly name: string;
  readonly aggregates: readonly AnyAggregate[];
  /**
   * All that reads its events, so that `contracts` names it where no read store can be opened. Default: what
   * `openReadModels` gives.
   */
  readonly readers?: readonly DeclaredReader[];
  /** What its processes can be told. `mainstem --help` lists their variables, which count for commands as well. */
  readonly settings?: SettingRows;
  /** Opens the event store for reading; must not create one. Errors: those of the store and of the settings. */
  openEvents(settings: ApplicationSettings): Promise<OpenEventReader>;
  /**
   * Opens the event store to read and append, for `claims build`, `process retry`, `process discard`, `process cancel`,
   * and `parked replay` of a process. Errors: those of the store and of the settings.
   */
  openEventStore?(settings: ApplicationSettings): Promise<EventStore>;
  /**
   * Opens the event store at an address, in the forms of EVENT_STORE, for `mainstem copy`. For reading: it must not
   * create one. Errors: those of the store and of the settings.
   */
  openEventsAt?(settings: ApplicationSettings, address: string): Promise<OpenEventReader>;
  /** The same to append: it makes a missing one. */
  openEventStoreAt?(settings: ApplicationSettings, address: string): Promise<EventStore>;
  /** Opens all read stores. Errors: those of the stores and of the settings. */
  openReadModels(settings: ApplicationSettings): Promise<OpenReadModels>;
  /** The schemas on servers that its settings name, for `mainstem migrate`. Errors: those of the settings. */
  schemas?(settings: ApplicationSettings): readonly OperatedSchema[];
  /**
   * Its folder and its stores one by one, for `mainstem doctor`. Without it the doctor opens all read stores at once:
   * the first one that is away then hides the others. Errors: those of the settings.
   */
  examined?(settings: ApplicationSettings): ExaminedPlaces;
  /** Imports a file of events through the command handlers; a repeated import changes nothing. */
  importFile?(settings: ApplicationSettings, request: ImportRequest): Promise<ImportSummary>;
}

/** Declares an application for the command line; the module named in package.json exports it as `application`. */
export const defineApplication = (application: MainstemApplication): MainstemApplication => application;
