// The shop ledger for the command line; package.json names this file.
import 'reflect-metadata';
import { cacheProjections, hostedOnCache } from '#apps/cache-projector/src/cache-projections.js';
import { customersPolicy } from '#apps/policies/src/customers.policy.js';
import { policiesSetting } from '#apps/policies/src/policies-setting.js';
import { toldPolicies } from '#apps/policies/src/policies.js';
import { productsPolicy } from '#apps/policies/src/products.policy.js';
import { isDataFolder } from '#apps/read-models/src/data-folder.js';
import { projectorProcessSettings, type ProjectorProcessSettings } from '#apps/read-models/src/process-settings.js';
import { examinedPlaces } from '#apps/mainstem.examined.js';
import { schemasOf } from '#apps/mainstem.schemas.js';
import { openReadStore, openSqlReadStore } from '#apps/read-models/src/read-stores.module.js';
import { Violation } from '#apps/read-models/src/sql/violation.entity.js';
import { hostedOnSearch, searchProjections } from '#apps/search-projector/src/search-projections.js';
import { hostedOnSql, sqlProjections } from '#apps/sql-projector/src/sql-projections.js';
import { openEventStore } from '#src/event-store/configured-event-store.module.js';
import { ImportFileUnreadable } from '#src/import/errors.js';
import { importLedger } from '#src/import/import-ledger.js';
import { ledgerAggregates } from '#src/ledger/ledger.aggregates.js';
import { LedgerModule } from '#src/ledger/ledger.module.js';
import {
  defineApplication,
  type ApplicationSettings,
  type ImportRequest,
  type ImportSummary,
  type OpenReadModels,
  type RuleViolations,
} from '@mainstem/cli';
import { allOrNone, isMainstemError, type EventStore, type Position } from '@mainstem/event-store';
import { readSettings, type ValuesOf } from '@mainstem/event-store/settings';
import { COMMAND_HEALTH, type CommandHealth } from '@mainstem/nest';
import { Projector, waitForPosition } from '@mainstem/projection';
import { servingOf } from '@mainstem/projection/operate';
import type { SqlReadStore } from '@mainstem/sql';
import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import { access, constants } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const VIOLATIONS = 'violations';
const IDS_MAX = 10;
/** A file takes longer than a request: while the event store is started anew, none of its commands waits. */
const IMPORT_PATIENCE_MS = 30_000;
/** How often the progress of an import is checked. */
const LOOK_EVERY_MS = 1_000;
/** The time in which a projector that runs elsewhere makes progress. */
const PROGRESS_TIMEOUT_MS = 1_500;
const CATCH_UP_TIMEOUT_MS = 15 * 60_000;

const rows = { ...projectorProcessSettings(), policies: policiesSetting };

const settingsOf = ({ dir, env }: ApplicationSettings): ValuesOf<typeof rows> => readSettings(rows, dir === undefined ? [] : ['--dir', dir], env);

const FOLDER = 'embedded:';

/** The settings with another event store: an address of EVENT_STORE, or a folder of the embedded one. */
const settingsAt = ({ dir, env }: ApplicationSettings, address: string): ValuesOf<typeof rows> => {
  const folder = address.startsWith(FOLDER) && address !== FOLDER ? address.slice(FOLDER.length) : undefined;
  const place = folder ?? dir;
  return settingsOf({ env: { ...env, EVENT_STORE: folder === undefined ? address : 'embedded' }, ...(place !== undefined && { dir: place }) });
};

const openReadModels = async (given: ApplicationSettings): Promise<OpenReadModels> => {
  const chosen = settingsOf(given);
  // A folder or a schema that was mistyped must not become one with empty read models.
  const settings = { ...chosen, mustExist: !(await isDataFolder(chosen.dir)), serverMustHaveIt: true };
  const [sql, cache, search] = await allOrNone([
    openReadStore('sql', settings),
    openReadStore('cache', settings),
    openReadStore('search', settings),
  ] as const);
  const policies = settings.policies ? toldPolicies(cache, () => openEventStore(settings)) : undefined;
  return {
    projections: [
      ...hostedOnSql(sql, settings.rebuild, settings.partitions),
      ...hostedOnCache(cache, settings.rebuild, settings.partitions),
      ...hostedOnSearch(search, settings.rebuild, settings.partitions),
    ],
    reactions: policies?.reactions ?? [],
    stores: [sql, cache, search],
    close: async () => {
      await policies?.close();
      for (const store of [sql, cache, search]) await store.close();
    },
  };
};

const importFile = async (given: ApplicationSettings, request: ImportRequest): Promise<ImportSummary> => {
  const settings = settingsOf(given);
  await assertReadable(request.file);
  const store = await openEventStore(settings, { patienceMs: IMPORT_PATIENCE_MS });
  const app = await NestFactory.createApplicationContext(LedgerModule.forRoot({ eventStore: { store } }), { logger: ['error', 'warn'] });
  let progress = { bytesRead: 0, bytesTotal: 0, events: 0 };
  const commands = app.get<CommandHealth>(COMMAND_HEALTH);
  const look = setInterval(() => {
    const [waitsFor] = commands.reasons();
    if (waitsFor !== undefined) request.onProgress({ ...progress, waitsFor });
  }, LOOK_EVERY_MS);
  try {
    const report = await importLedger({
      file: resolve(request.file),
      commandBus: app.get(CommandBus),
      events: store,
      rejectsFile: request.rejectsFile === undefined ? join(settings.dir, 'rejects.ndjson') : resolve(request.rejectsFile),
      onProgress: (bytesRead, bytesTotal, events) => {
        progress = { bytesRead, bytesTotal, events };
        request.onProgress(progress);
      },
      signal: request.signal,
    });
    return {
      lines: report.lines,
      appended: report.added,
      alreadyThere: report.alreadyThere,
      ...(report.renumbered > 0 && {
        remarks: [
          `${report.renumbered} lines got another number than in the file: documents number their lines in the order in which they are added.`,
        ],
      }),
      rejects: Object.entries(report.rejectedByCode).map(([reason, count]) => ({ reason, count })),
      rejectsFile: report.rejectsFile ?? undefined,
      isInterrupted: !report.isComplete,
      ...(report.isComplete ? await brokenRulesOf(store, settings, request.signal) : { violations: undefined }),
    };
  } finally {
    clearInterval(look);
    await app.close();
    await store.close();
  }
};

/** Runs before anything is created. Errors: IMPORT_FILE_UNREADABLE. */
const assertReadable = async (file: string): Promise<void> => {
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    throw new ImportFileUnreadable(file, error, false);
  }
};

/** Everything is recorded by then: a failure here must not hide that. */
const brokenRulesOf = async (
  store: EventStore,
  settings: ProjectorProcessSettings,
  signal: AbortSignal,
): Promise<Pick<ImportSummary, 'violations' | 'violationsProblem'>> => {
  try {
    return { violations: await brokenRules(store, settings, signal) };
  } catch (error) {
    if (!isMainstemError(error)) throw error;
    return { violations: undefined, violationsProblem: `${error.code}: ${error.message}` };
  }
};

/** The rules that the recorded data breaks; undefined after an interruption. */
const brokenRules = async (
  store: EventStore,
  settings: ProjectorProcessSettings,
  signal: AbortSignal,
): Promise<readonly RuleViolations[] | undefined> => {
  const head = await store.head();
  if (head === undefined) return [];
  const sql = await openSqlReadStore(settings);
  try {
    await catchUp(store, sql, head, signal);
    return await readViolations(sql);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    await sql.close();
  }
};

// Waits for a running projector as long as it advances. Where none runs, this process brings the projection up to date.
const catchUp = async (store: EventStore, sql: SqlReadStore, head: Position, signal: AbortSignal): Promise<void> => {
  for (let before: Position | undefined, isFirst = true; ; isFirst = false) {
    try {
      return void (await waitForPosition(sql, [VIOLATIONS], head, { timeoutMs: PROGRESS_TIMEOUT_MS, signal }));
    } catch (error) {
      if (!isMainstemError(error, 'PROJECTION_BEHIND')) throw error;
    }
    const position = servingOf(await sql.generations(VIOLATIONS))?.checkpoint.position;
    if (!isFirst && position === before) break;
    before = position;
  }
  const projections = hostedOnSql(sql).filter(({ projection }) => projection.name === VIOLATIONS);
  const projector = new Projector({
    reader: store,
    projections,
    // Waiting is useless for a projector that needs a person, even if it keeps trying.
    onChange: ({ state }) => void (state === 'stopped' && projector.stop()),
  });
  projector.start();
  try {
    await projector.waitFor(VIOLATIONS, head, { timeoutMs: CATCH_UP_TIMEOUT_MS, signal });
  } finally {
    await projector.stop();
  }
};

const readViolations = async (sql: SqlReadStore): Promise<readonly RuleViolations[]> => {
  const { value } = await sql.read([VIOLATIONS], async (manager) => {
    const violations = manager.getRepository(Violation);
    const rules = await violations
      .createQueryBuilder('violation')
      .select('violation.rule', 'rule')
      .addSelect('COUNT(*)', 'count')
      .groupBy('violation.rule')
      .orderBy('violation.rule')
      .getRawMany<{ rule: Violation['rule']; count: number | string }>();
    const found: RuleViolations[] = [];
    for (const { rule, count } of rules) {
      const rows = await violations.find({ where: { rule }, order: { key: 'ASC' }, take: IDS_MAX });
      found.push({ rule, count: Number(count), ids: rows.map(({ id }) => id) });
    }
    return found;
  });
  return value;
};

/** Policies are named here, never run. */
const NO_EVENTS: Pick<EventStore, 'readStream'> = { readStream: () => (async function* () {})() };

export const application = defineApplication({
  name: 'shop ledger',
  aggregates: ledgerAggregates,
  readers: [...sqlProjections, ...cacheProjections, ...searchProjections, customersPolicy(NO_EVENTS), productsPolicy],
  settings: rows,
  openEvents: (given) => openEventStore(settingsOf(given), { isReadOnly: true }),
  openEventStore: (given) => openEventStore(settingsOf(given)),
  openEventsAt: async (given, address) => openEventStore(settingsAt(given, address), { isReadOnly: true }),
  openEventStoreAt: async (given, address) => openEventStore(settingsAt(given, address)),
  openReadModels,
  schemas: (given) => schemasOf(settingsOf(given)),
  examined: (given) => examinedPlaces(settingsOf(given)),
  importFile,
});
