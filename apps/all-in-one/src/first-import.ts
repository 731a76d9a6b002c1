// The first import: loads the data file into a new event store, once, in the background of a serving application.
import { importLedger } from '#src/import/import-ledger.js';
import type { ImportReport } from '#src/import/import-report.js';
import {
  codedText,
  isMainstemError,
  isPositionBefore,
  type EventStore,
  type JsonValue,
  type MainstemError,
  type Position,
  type Runtime,
} from '@mainstem/event-store';
import { COMMAND_HEALTH, EVENT_STORE, neutralReason, RUNTIME, type CommandHealth, type HealthCheck } from '@mainstem/nest';
import { Projector } from '@mainstem/projection';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { join } from 'node:path';
import type { AllInOneSettings } from './all-in-one-settings.js';
import { fileHash, readMarker, writeMarker } from './import-marker.js';

export const SETTINGS = Symbol('settings');

const REJECTS_FILE = 'rejects.ndjson';

/** The pause while the event store is away. */
const LOOK_AGAIN_MS = 1_000;

export type ImportState = 'waiting' | 'importing' | 'done' | 'not needed' | 'stopped' | 'failed';

export interface ImportStatus {
  readonly state: ImportState;
  readonly bytesRead: number;
  readonly bytesTotal: number;
  /** Events that are in the store by now. */
  readonly events: number;
  readonly elapsedMs: number;
  readonly report?: ImportReport;
  /** `CODE: message`. */
  readonly error?: string;
  /** What it has waited for during the last ten seconds or longer. */
  readonly waitsFor?: string;
}

@Injectable()
export class FirstImport implements HealthCheck, OnApplicationBootstrap, OnModuleDestroy {
  readonly name = 'first import';
  readonly #abort = new AbortController();
  readonly #logger = new Logger('FirstImport');
  #status: Omit<ImportStatus, 'elapsedMs' | 'waitsFor'> = { state: 'waiting', bytesRead: 0, bytesTotal: 0, events: 0 };
  #startedMs = 0;
  /** The end of the event store when the import was complete. */
  #importedTo: Position | undefined;
  #running: Promise<void> | undefined;
  /** Describes an event store that is away. */
  #awaited: string | undefined;

  constructor(
    @Inject(SETTINGS) private readonly settings: Pick<AllInOneSettings, 'dir' | 'data'>,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(RUNTIME) private readonly runtime: Runtime,
    @Inject(CommandBus) private readonly commandBus: CommandBus,
    @Inject(Projector) private readonly projector: Pick<Projector, 'status'>,
    @Inject(COMMAND_HEALTH) private readonly commands: Pick<CommandHealth, 'reasons'> = { reasons: () => [] },
  ) {}

  onApplicationBootstrap(): void {
    this.#startedMs = this.runtime.monotonic();
    this.#running = this.#run().catch((error: unknown) => {
      if (this.#abort.signal.aborted) return this.#enter({ state: 'stopped' });
      const text = codedText(error);
      this.#enter({ state: 'failed', error: text });
      this.#logger.error(`The first import failed; the next start goes on with it. ${text}`);
    });
  }

  /** Ends after the running commands; the next start goes on. */
  async onModuleDestroy(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  status(): ImportStatus {
    const [ofCommands] = this.#status.state === 'importing' ? this.commands.reasons() : [];
    const waitsFor = this.#awaited ?? ofCommands;
    return { ...this.#status, elapsedMs: this.runtime.monotonic() - this.#startedMs, ...(waitsFor !== undefined && { waitsFor }) };
  }

  /** Resolves when the import has ended in any way. */
  async ended(): Promise<ImportStatus> {
    await this.#running;
    return this.status();
  }

  reasons(): readonly string[] {
    const { state, bytesRead, bytesTotal, events, error, waitsFor } = this.status();
    switch (state) {
      case 'done':
        return this.#notYetProjected();
      case 'not needed':
        return [];
      case 'waiting':
        return ['the data file is being looked at'];
      case 'importing':
        return [
          `importing: ${bytesRead} of ${bytesTotal} bytes, ${events} events${waitsFor === undefined ? '' : `; no progress: ${neutralReason(waitsFor)}`}`,
        ];
      case 'stopped':
        return ['stopped before its end; the next start goes on'];
      case 'failed':
        return [`failed: ${neutralReason(error ?? 'unknown')}; the next start goes on`];
    }
  }

  progress(): JsonValue {
    const { state, bytesRead, bytesTotal, events, elapsedMs, error, report, waitsFor } = this.status();
    const rejected = report ? { rejected: report.rejected, rejectsFile: report.rejectsFile } : {};
    const told = { error: neutralOf(error), waitsFor: neutralOf(waitsFor) };
    return { state, bytesRead, bytesTotal, events, elapsedMs: Math.round(elapsedMs), ...told, ...rejected };
  }

  async #run(): Promise<void> {
    const { dir, data } = this.settings;
    if (data === undefined) return this.#enter({ state: 'not needed' });
    const { incarnation } = this.store;
    const sha256 = await fileHash(data, this.#abort.signal);
    const marker = await readMarker(dir);
    if (marker?.incarnation === incarnation && marker.sha256 === sha256) return this.#enter({ state: 'not needed' });
    this.#enter({ state: 'importing' });
    const report = await this.#outlive(() => this.#import(data));
    if (!report.isComplete) return this.#enter({ state: 'stopped' });
    this.#importedTo = await this.#outlive(() => this.store.head(this.#abort.signal));
    await writeMarker(dir, { incarnation, sha256, importedAt: new Date(this.runtime.now()).toISOString() });
    this.#enter({ state: 'done', report });
    if (report.rejected > 0) this.#logger.warn(`${report.rejected} lines were set aside in ${report.rejectsFile}`);
  }

  /** A live projection may be a few events behind; the import is only complete when all its events are there. */
  #notYetProjected(): readonly string[] {
    const importedTo = this.#importedTo;
    if (importedTo === undefined) return [];
    const behind = this.projector.status().filter(({ position }) => isPositionBefore(position, importedTo));
    return behind.map(({ projection, position }) => `${projection} is at position ${position ?? 0n}; the import ended at ${importedTo}`);
  }

  /**
   * Repeats, until the application closes, what an outage of the event store has ended; events already there are
   * skipped.
   */
  async #outlive<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isAway(error) || this.#abort.signal.aborted) throw error;
        this.#awaited = `the event store: ${codedText(error)}`;
        this.#logger.warn(`The first import goes on when the event store is back. ${error.message}`);
        await this.#untilBack();
        this.#awaited = undefined;
      }
    }
  }

  async #untilBack(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await this.runtime.sleep(LOOK_AGAIN_MS, signal);
      try {
        return void (await this.store.head(signal));
      } catch (error) {
        if (!isAway(error)) throw error;
      }
    }
  }

  async #import(file: string): Promise<ImportReport> {
    return importLedger({
      file,
      commandBus: this.commandBus,
      events: this.store,
      rejectsFile: join(this.settings.dir, REJECTS_FILE),
      onProgress: (bytesRead, bytesTotal, events) => this.#enter({ state: 'importing', bytesRead, bytesTotal, events }),
      signal: this.#abort.signal,
      runtime: this.runtime,
    });
  }

  #enter(change: Partial<ImportStatus>): void {
    this.#status = { ...this.#status, ...change };
  }
}

const neutralOf = (text: string | undefined): string | null => (text === undefined ? null : neutralReason(text));

const isAway = (error: unknown): error is MainstemError => isMainstemError(error, 'EVENT_STORE_UNAVAILABLE');
