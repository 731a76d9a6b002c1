// Makes the schema of the event store, or brings it to the version of this program, while other processes append.
import { backOffMs, OperationAborted, systemRuntime, throwIfAborted, type Runtime } from '@mainstem/event-store';
import { LogBusy, NewerLog, PostgresSettingsInvalid } from '../errors.js';
import { upgradeHolders } from '../server/lock-holders.js';
import { assertSupported, isThere, openLog, schemaLock } from '../server/open-log.js';
import { LOG_FORMAT, nameIn, SCHEMA_VERSION } from '../server/schema.js';
import { Sessions, type Run } from '../server/sessions.js';
import { postgresTargetOf, type PostgresLocation } from '../server/target.js';
import { isTransient, sqlStateOf } from '../server/translate-error.js';
import { upgrades } from './upgrades.js';

export interface MigrateOptions extends PostgresLocation {
  readonly runtime?: Runtime;
  /** How long it tries again where others use the tables, or while the server is away. Default 300,000. */
  readonly patienceMs?: number;
  /** Ends it between two steps; a later call goes on. */
  readonly signal?: AbortSignal;
}

export interface Migrated {
  /** The version before; undefined: there was none. */
  readonly from: number | undefined;
  readonly to: number;
}

const PATIENCE_MS = 300_000;
/** Appends queue behind a change that waits for a lock. It gives way sooner than any of them would give up. */
const LOCK_WAIT_MS = 500;
const DELAYS = { retryDelayMs: 500, retryDelayMaxMs: 5_000 };
const LOCK_TIMEOUT = '55P03';

/**
 * Makes or upgrades the schema. Several processes may call it at once; each step is done once. Processes of the program
 * before may append all the time. The role must own the schema, or be allowed to make it. A newer version that this
 * program can work with stays as it is. Errors: EVENT_STORE_NEWER_FORMAT, EVENT_STORE_BUSY with the sessions whose
 * transactions stayed open for longer than `patienceMs`, EVENT_STORE_ABORTED, EVENT_STORE_ACCESS_DENIED,
 * EVENT_STORE_READ_ONLY, EVENT_STORE_UNAVAILABLE and those of the settings.
 */
export const migrateSchema = async (options: MigrateOptions): Promise<Migrated> => {
  const { runtime = systemRuntime, patienceMs = PATIENCE_MS, signal } = options;
  const target = postgresTargetOf(options);
  if (!(patienceMs >= 0)) throw new PostgresSettingsInvalid('patienceMs must be a number from 0');
  throwIfAborted(signal, 'migrate');
  const sessions = await Sessions.prepare({ target, runtime, patienceMs });
  const repeated = <Result>(attempt: () => Promise<Result>): Promise<Result> => untilFree({ sessions, signal, patienceMs }, attempt);
  try {
    await repeated(() => assertSupported(sessions));
    if (!(await repeated(() => isThere(sessions, target.schema)))) {
      await repeated(() => openLog(sessions, true));
      return { from: undefined, to: SCHEMA_VERSION };
    }
    const from = await repeated(() => versionOf(sessions));
    for (const { to, steps } of upgrades) {
      for (const step of to > from ? steps(target.schema) : []) await repeated(() => runStep(sessions, to, step));
    }
    return { from, to: Math.max(from, SCHEMA_VERSION) };
  } catch (error) {
    throw sessions.translated(error, 'migrate');
  } finally {
    await sessions.close();
  }
};

/**
 * What `migrateSchema` would do: `from` and `to` are equal if nothing. It changes nothing, and asks the server once.
 * Errors: EVENT_STORE_NEWER_FORMAT, EVENT_STORE_ACCESS_DENIED, EVENT_STORE_UNAVAILABLE and those of the settings.
 */
export const schemaVersion = async (location: PostgresLocation): Promise<Migrated> => {
  const target = postgresTargetOf(location);
  const sessions = await Sessions.prepare({ target, runtime: systemRuntime, patienceMs: 0 });
  try {
    await assertSupported(sessions);
    if (!(await isThere(sessions, target.schema))) return { from: undefined, to: SCHEMA_VERSION };
    const from = await versionOf(sessions);
    return { from, to: Math.max(from, SCHEMA_VERSION) };
  } catch (error) {
    throw sessions.translated(error, 'schemaVersion');
  } finally {
    await sessions.close();
  }
};

/** The version of a schema that is there. Errors: EVENT_STORE_NEWER_FORMAT. */
const versionOf = async (sessions: Sessions): Promise<number> => {
  const { schema } = sessions.options.target;
  const [row] = await sessions.readOnce(versionStatement(schema));
  const [format, version] = row ?? [];
  if (Number(format) > LOG_FORMAT) throw new NewerLog(schema, Number(format), LOG_FORMAT);
  return Number(version ?? 1);
};

/** In version 1 the row has no such column. */
const versionStatement = (schema: string) => ({
  text: `SELECT l.format, to_jsonb(l) ->> 'version' FROM ${nameIn(schema, 'log')} AS l`,
  values: [],
});

/** Nothing, if another process was faster. */
const runStep = async (sessions: Sessions, to: number, step: readonly string[]): Promise<void> => {
  const { schema } = sessions.options.target;
  await sessions.transaction(`BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`, async (run: Run) => {
    await run(schemaLock(schema));
    const [row] = await run(versionStatement(schema));
    if (Number(row?.[1] ?? 1) >= to) return;
    for (const text of step) await run({ text, values: [] });
  });
};

interface Patience {
  readonly sessions: Sessions;
  readonly signal: AbortSignal | undefined;
  readonly patienceMs: number;
}

const untilFree = async <Result>({ sessions, signal, patienceMs }: Patience, attempt: () => Promise<Result>): Promise<Result> => {
  const { runtime } = sessions.options;
  const endsAt = runtime.monotonic() + patienceMs;
  for (let failures = 0; ;) {
    try {
      return await attempt();
    } catch (error) {
      const isHeld = sqlStateOf(error) === LOCK_TIMEOUT;
      if (!isHeld && !isTransient(error)) throw error;
      const delayMs = backOffMs(DELAYS, ++failures, runtime.random());
      if (runtime.monotonic() + delayMs > endsAt) {
        if (isHeld) throw new LogBusy(patienceMs, await upgradeHolders(sessions), error);
        throw error;
      }
      await runtime.sleep(delayMs, signal);
      if (signal?.aborted) throw new OperationAborted('migrate', signal.reason);
    }
  }
};
