// What the command line has to know about an application. The application says it once; every command works from it.
import type { AnyAggregate } from '@mainstem/aggregate';
import type { EventReader } from '@mainstem/event-store';
import type { HostedProjection, ReadStore } from '@mainstem/projection';

/** Where the application's data is: what the user gave, before the application's own defaults. */
export interface ApplicationSettings {
  /** From `--dir`. */
  readonly dir?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** An event store opened to read, until it is closed. */
export interface OpenEventReader extends EventReader {
  close(): Promise<void>;
}

/** The projections of an application with the read stores that they fill, until they are closed. */
export interface OpenReadModels {
  readonly projections: readonly HostedProjection[];
  /** All read stores of the application, also those that no projection fills any more. Default: those of the projections. */
  readonly stores?: readonly ReadStore[];
  close(): Promise<void>;
}

export interface ImportRequest {
  readonly file: string;
  /** Lines that cannot be taken are written here, one JSON object a line; without it the application chooses the place. */
  readonly rejectsFile?: string;
  /** Called often; cheap to ignore. */
  readonly onProgress: (progress: ImportProgress) => void;
  /** Ends the import after the events that are on their way; running it again goes on from there. */
  readonly signal: AbortSignal;
}

export interface ImportProgress {
  readonly events: number;
  /** Of the file as it lies on the disk, compressed or not. */
  readonly bytesRead: number;
  readonly bytesTotal: number;
  /** What it has waited for since ten seconds or longer, in words. */
  readonly waitsFor?: string;
}

/** A rule that data may break without being refused. */
export interface RuleViolations {
  readonly rule: string;
  readonly count: number;
  /** Some or all of the ids, by the choice of the application. */
  readonly ids: readonly string[];
}

export interface ImportSummary {
  /** Lines of the file that were looked at. */
  readonly lines: number;
  /** Events that are new. */
  readonly appended: number;
  /** Events that an earlier import had brought already. */
  readonly alreadyThere: number;
  /** What else a person should know, a sentence each. */
  readonly remarks?: readonly string[];
  /** Lines set aside, by reason. */
  readonly rejects: readonly { readonly reason: string; readonly count: number }[];
  /** Where those lines are, with their numbers; undefined when there are none. */
  readonly rejectsFile: string | undefined;
  readonly isInterrupted: boolean;
  /** What the read models say about rules; undefined where that is not known, as after an interruption. */
  readonly violations: readonly RuleViolations[] | undefined;
  /** Why they are not known, when something failed after everything was recorded: a code and a sentence. */
  readonly violationsProblem?: string;
}

/** One application, as the command line sees it. */
export interface MainstemApplication {
  readonly name: string;
  readonly aggregates: readonly AnyAggregate[];
  /** Opens the event store to read; must not create one. Errors: those of the store and of the settings. */
  openEvents(settings: ApplicationSettings): Promise<OpenEventReader>;
  /** Opens all read stores. Errors: those of the stores and of the settings. */
  openReadModels(settings: ApplicationSettings): Promise<OpenReadModels>;
  /** Imports a file of events through the command handlers; again and again without harm. */
  importFile?(settings: ApplicationSettings, request: ImportRequest): Promise<ImportSummary>;
}

/** Declares an application for the command line; the module that package.json names exports it as `application`. */
export const defineApplication = (application: MainstemApplication): MainstemApplication => application;
