// Faults put into the engine and the stores, one at a time; the suites named with each must notice.
import { processMutants } from './process-mutants.mjs';
import { readStoreMutants } from './read-store-mutants.mjs';

/**
 * @typedef {object} Mutant
 * @property {string} name what is wrong then
 * @property {string} file
 * @property {string} from text that occurs once in the file
 * @property {string} to
 * @property {readonly string[]} suites files or folders of specs
 */

/** Whether a suite takes minutes. */
export const isSlow = (/** @type {string} */ suite) => /^test\/(?:chaos|contract\/opensearch)/.test(suite);

const ENGINE = ['libs/projection/src', 'test/contract/memory-read-store.spec.ts'];
const EMBEDDED_READ = ['libs/embedded/src', 'test/contract/embedded-read-stores.spec.ts'];
const EVENT_STORE = ['libs/embedded/src/event-store', 'test/contract/event-store.spec.ts', 'test/contract/embedded-event-store'];
const INSTANCES = ['libs/testing/src/projection/lease-simulation.spec.ts'];
const CONTENTION = ['test/contract/eventstoredb-contention.spec.ts'];
const RECORDED_WIRE = ['test/contract/eventstoredb-recorded-wire.spec.ts'];
const LINKS = ['test/contract/eventstoredb-links.spec.ts'];
const GROUPS = ['libs/eventstoredb-server/src/persistent'];
const PERSISTENT = ['test/contract/eventstoredb-persistent.spec.ts'];
const SQL = ['test/contract/sql-read-store.spec.ts', 'test/contract/sql-transactions.spec.ts'];

const projection = (/** @type {string} */ file) => `libs/projection/src/${file}.ts`;
const eventStore = (/** @type {string} */ file) => `libs/embedded/src/event-store/${file}.ts`;
const server = (/** @type {string} */ file) => `libs/eventstoredb-server/src/${file}.ts`;
const readStore = (/** @type {string} */ file) => `libs/embedded/src/read-store/${file}.ts`;

/** @type {readonly Mutant[]} */
export const mutants = [
  {
    name: 'the checkpoint is moved before the effect',
    file: projection('write/document-writer'),
    from: 'await open.session.commit({ changes: [...rollUps.map((rollUp) => rollUp.changes), changes], checkpoint, ...parking });',
    to: `await open.session.commit({ changes: [], checkpoint });
      await open.session.commit({ changes: [...rollUps.map((rollUp) => rollUp.changes), changes], checkpoint: { ...checkpoint, from: checkpoint.to }, ...parking });`,
    suites: ENGINE,
  },
  {
    name: 'the effect is written before the checkpoint',
    file: projection('write/document-writer'),
    from: 'await open.session.commit({ changes: [...rollUps.map((rollUp) => rollUp.changes), changes], checkpoint, ...parking });',
    to: `await open.session.commit({ changes: [...rollUps.map((rollUp) => rollUp.changes), changes], checkpoint: { ...checkpoint, to: checkpoint.from }, ...parking });
      await open.session.commit({ changes: [], checkpoint });`,
    suites: ENGINE,
  },
  {
    name: 'the epoch is not compared (embedded)',
    file: readStore('bookkeeping/generation-records'),
    from: 'WHERE id = ? AND position IS ? AND epoch = ?',
    to: 'WHERE id = ? AND position IS ? AND epoch >= coalesce(?, 0)',
    suites: EMBEDDED_READ,
  },
  {
    name: 'the position moved from is not compared (embedded)',
    file: readStore('bookkeeping/generation-records'),
    from: 'WHERE id = ? AND position IS ? AND epoch = ?',
    to: 'WHERE id = ? AND position IS coalesce(position, ?) AND epoch = ?',
    suites: EMBEDDED_READ,
  },
  {
    name: 'the epoch is not compared (SQL)',
    file: 'libs/sql/src/bookkeeping/generation-records.ts',
    from: 'AND epoch = CAST(? AS bigint) AND position IS NOT DISTINCT',
    to: 'AND epoch >= CAST(? AS bigint) AND position IS NOT DISTINCT',
    suites: SQL,
  },
  {
    name: 'opening a session does not raise the epoch',
    file: projection('record/decide'),
    from: 'const opened = withPart(found, partition, fenced);',
    to: 'const opened = withPart(found, partition, (part) => part);',
    suites: [...ENGINE, ...EMBEDDED_READ],
  },
  {
    name: 'the hand-over from catch-up to live repeats an event',
    file: eventStore('event-pages'),
    from: "'e.position > ? AND e.position <= ?'",
    to: "'e.position >= ? AND e.position <= ?'",
    suites: EVENT_STORE,
  },
  {
    name: 'the hand-over between two reads repeats an event',
    file: projection('feed/batch-ring'),
    from: 'if (isPositionBefore(position, (events[middle] as RecordedEvent).position)) high = middle;',
    to: 'if (!isPositionBefore((events[middle] as RecordedEvent).position, position)) high = middle;',
    suites: ENGINE,
  },
  {
    name: 'the hand-over between two reads leaves a hole',
    file: projection('feed/batch-ring'),
    from: 'return !isPositionBefore(after, start) && !isPositionBefore(this.#end, after);',
    to: 'return !isPositionBefore(this.#end, after);',
    suites: ENGINE,
  },
  {
    name: 'a batch that does not fit is cut without saying so',
    file: projection('feed/batch-ring'),
    from: 'return { events, position: events.at(-1)?.position ?? position, lastEvent: events.at(-1) ?? lastEvent, isCaughtUp: false };',
    to: 'return { events, position: batch.position, lastEvent: events.at(-1) ?? lastEvent, isCaughtUp: false };',
    suites: ENGINE,
  },
  {
    name: 'a generation is promoted before it has caught up',
    file: projection('run/projection-state'),
    from: 'if (!isCaughtUp || progressed.failures > 0) return progressed;',
    to: 'if ((!isCaughtUp && !state.isFilling) || progressed.failures > 0) return progressed;',
    suites: ENGINE,
  },
  {
    name: 'the digest is not updated',
    file: projection('fold/document-batch'),
    from: 'this.#digest.add(event.position, event.id);',
    to: '',
    suites: ENGINE,
  },
  {
    name: 'the digest of a handler projection is not updated',
    file: projection('write/handler-writer'),
    from: 'digest.add(recorded.position, recorded.id);',
    to: '',
    suites: [...ENGINE, ...SQL],
  },
  {
    name: 'a projection resumes from the beginning',
    file: projection('generations/open-generation'),
    from: 'this.position = position;\n    this.#committed = position;',
    to: 'this.position = undefined;\n    this.#committed = position;',
    suites: ENGINE,
  },
  {
    name: 'a projection resumes at its checkpoint instead of after it',
    file: projection('generations/open-generation'),
    from: 'this.position = position;\n    this.#committed = position;',
    to: 'this.position = position === undefined ? undefined : ((position - 1n) as Position);\n    this.#committed = position;',
    suites: ENGINE,
  },
  {
    name: 'events behind a parked one are not parked',
    file: projection('fold/parking'),
    from: 'return (this.#parkedKeys.has(key) || this.#keysOfBatch.has(key)) && ',
    to: 'return this.#parkedKeys.size < 0 && ',
    suites: ENGINE,
  },
  {
    name: 'events of the same batch behind a parked one are not parked',
    file: projection('fold/parking'),
    from: 'this.#keysOfBatch.add(key);',
    to: '',
    suites: ENGINE,
  },
  {
    name: 'a poison event is counted among those before it',
    file: projection('write/batch-writer'),
    from: 'batch.events.findIndex((event) => event.position === poison.event.position),',
    to: 'batch.events.findIndex((event) => event.position === poison.event.position) + 1,',
    suites: ENGINE,
  },
  {
    name: 'a resumed projection trusts its empty cache',
    file: projection('generations/open-generation'),
    from: 'new DocumentCache(share, position === undefined)',
    to: 'new DocumentCache(share, true)',
    suites: ENGINE,
  },
  {
    name: 'what was evicted counts as absent',
    file: projection('fold/document-cache'),
    from: "if (reason === 'evict') this.#isComplete = false;",
    to: 'void reason;',
    suites: ENGINE,
  },
  {
    name: 'caches are kept after a refused replay',
    file: projection('write/replay-parked'),
    from: 'open.dropCaches(); // nothing was written, but totals in memory have changed',
    to: '',
    suites: ENGINE,
  },
  {
    name: 'a replay that is too much for a store fails as a whole',
    file: projection('fold/narrowing'),
    from: "hasTransactions && failureClassOf(error) === 'batch';",
    to: 'hasTransactions && false;',
    suites: ['libs/projection/src/write/replay-parked.spec.ts'],
  },
  {
    name: 'a task that leaves its lane lets its successor overtake',
    file: 'libs/event-store/src/lanes.ts',
    from: 'lane.tail = lane.waiting === 0 ? left : before.then(() => left);',
    to: 'lane.tail = left;',
    suites: ['libs/event-store/src/lanes.spec.ts'],
  },
  {
    name: 'a deleted document stays in the cache',
    file: projection('write/document-writer'),
    from: 'for (const key of deleted) open.documents.delete(key);',
    to: 'for (const key of deleted) void key;',
    suites: ENGINE,
  },
  {
    name: 'a roll-up does not take back what a document had contributed',
    file: projection('write/roll-up-writer'),
    from: 'if (removed) groups.get(removed.group)?.remove(removed);',
    to: '',
    suites: ENGINE,
  },
  {
    name: 'an event that cannot be folded is passed over',
    file: projection('run/projection-state'),
    from: "if (policy.onFailure === 'stop') return { ...state, phase: 'stopped', step: { kind: 'end' } };",
    to: '',
    suites: ENGINE,
  },
  {
    name: 'who waits for a position is told one too early',
    file: projection('run/position-waiters'),
    from: 'this.#reached >= position;',
    to: 'this.#reached + 1n >= position;',
    suites: ENGINE,
  },
  {
    name: 'only one of several waiting projections is woken',
    file: projection('feed/event-feed'),
    from: 'for (const member of [...this.#members]) member.notify();',
    to: 'for (const member of [...this.#members].slice(0, 1)) member.notify();',
    suites: ENGINE,
  },
  {
    name: 'a group commit resolves before it commits',
    file: eventStore('group-commit'),
    from: "const outcomes = this.#write(batch);\n      database.exec('COMMIT');",
    to: "const outcomes = this.#write(batch);\n      settle(batch, outcomes);\n      database.exec('COMMIT');",
    suites: EVENT_STORE,
  },
  {
    name: 'an append into a file that was replaced is acknowledged',
    file: eventStore('opened-file'),
    from: 'if (this.#failure) throw this.#failure;\n  }\n\n  /** @param head',
    to: '}\n\n  /** @param head',
    suites: EVENT_STORE,
  },
  {
    name: 'names of a rolled back append are remembered',
    file: eventStore('group-commit'),
    from: 'this.#transaction.forget();',
    to: '',
    suites: EVENT_STORE,
  },
  {
    name: 'appends go on after a failed device',
    file: eventStore('group-commit'),
    from: "if (isMainstemError(error, 'EVENT_STORE_IO_FAILED', 'EVENT_STORE_CORRUPT', 'EVENT_STORE_FILE_REPLACED')) this.#failure = error;",
    to: '',
    suites: EVENT_STORE,
  },
  {
    name: 'a wake-up between reading and waiting is lost',
    file: eventStore('event-reading'),
    from: 'if (isCaughtUp) await this.#signal.changed(seen, signal);',
    to: 'if (isCaughtUp) await this.#signal.changed(this.#signal.observe(), signal);',
    suites: EVENT_STORE,
  },
  {
    name: 'a full page claims to have reached the end of what was scanned',
    file: eventStore('event-pages'),
    from: 'const reached = last && (isCut || rows === limit) ? BigInt(last[POSITION]) : end;',
    to: 'const reached = last && isCut ? BigInt(last[POSITION]) : end;',
    suites: EVENT_STORE,
  },
  {
    name: 'checksums of events are not compared',
    file: eventStore('event-pages'),
    from: 'metadataJson }) !== checksum)',
    to: 'metadataJson }) < 0)',
    suites: EVENT_STORE,
  },
  {
    name: 'a missing event is not noticed',
    file: eventStore('event-pages'),
    from: "if (wanted.condition === '' && distance",
    to: "if (wanted.condition === 'never' && distance",
    suites: EVENT_STORE,
  },
  {
    name: 'an append to a stream that has grown is accepted',
    file: 'libs/event-store/src/append-rules.ts',
    from: 'return matching === events.length ?',
    to: "return matching === 0 ? { kind: 'append' } : matching === events.length ?",
    suites: ['libs/event-store/src', ...EVENT_STORE],
  },
  {
    name: 'an append to several streams does not look at its conditions',
    file: 'libs/event-store/src/append-all-rules.ts',
    from: 'return last === state.last ? undefined :',
    to: 'return last >= -1 ? undefined :',
    suites: ['libs/event-store/src', ...EVENT_STORE],
  },
  {
    name: 'an append to several streams is a retry where one of them has its events',
    file: 'libs/event-store/src/append-all-rules.ts',
    from: 'if (known.length > 0 && unknown.length > 0) throw',
    to: 'if (known.length > 99 && unknown.length > 99) throw',
    suites: ['libs/event-store/src', ...EVENT_STORE],
  },
  {
    name: 'a unique value is taken although another aggregate has it',
    file: 'libs/aggregate/src/claims/unique-claims.ts',
    from: 'if (holder === undefined || holder === append.stream',
    to: 'if (holder !== append.stream || holder === append.stream',
    suites: ['libs/aggregate/src'],
  },
  {
    name: 'a repeated append is appended again',
    file: 'libs/event-store/src/append-rules.ts',
    from: "=== events.length) return { kind: 'repeat', last: state.last };",
    to: "=== events.length) return { kind: 'append' };",
    suites: ['libs/event-store/src', ...EVENT_STORE],
  },
  {
    name: 'a command enters its lane before its turn',
    file: 'libs/aggregate/src/command/command-executor.ts',
    from: 'appendTurn.ready.then(',
    to: 'Promise.resolve().then(',
    suites: ['libs/aggregate/src'],
  },
  {
    name: 'a repeated command is decided again',
    file: 'libs/aggregate/src/command/stream-worker.ts',
    from: '        if (place) {\n',
    to: '        if (place && commandId === "") {\n',
    suites: ['libs/aggregate/src'],
  },
  {
    name: 'a document that changes leaves its old places on the leaderboards',
    file: 'libs/embedded/src/cache/cache-tables.ts',
    from: 'for (const [board, score] of old) if (next.places.get(board) !== score) statements.removePlace.run(board, score, key);',
    to: '',
    suites: EMBEDDED_READ,
  },
  {
    name: 'a document that changes leaves its old words in the index',
    file: 'libs/embedded/src/search/search-tables.ts',
    from: 'statements.index?.remove.run(old.id, ...old.words.split(FIELD_END));',
    to: '',
    suites: EMBEDDED_READ,
  },
  {
    name: 'a batch is no transaction',
    file: readStore('read-store-file'),
    from: "const result = transact(this.writer, 'BEGIN IMMEDIATE', work);",
    to: 'const result = work();',
    suites: EMBEDDED_READ,
  },
  {
    name: 'a generation that is behind the serving one is promoted',
    file: 'libs/projection/src/read-store/promotion-rules.ts',
    from: 'if (serving && !isForced && isBehind(next, serving)) {',
    to: 'if (serving && !isForced && isBehind(serving, serving)) {',
    suites: [...ENGINE, ...EMBEDDED_READ],
  },
  {
    name: 'the writer of what served before is not fenced by a promotion',
    file: projection('record/decide'),
    from: "{ ...allFenced(former), state: 'retired',",
    to: "{ ...former, state: 'retired',",
    suites: [...EMBEDDED_READ, ...ENGINE],
  },
  {
    name: 'the digest of a filled generation is not compared before it is promoted',
    file: 'libs/projection/src/generations/digest-check.ts',
    from: 'if (expectation.digest === digest) resolve(expectation.events);',
    to: "if (expectation.digest !== '') resolve(expectation.events);",
    suites: ENGINE,
  },
  {
    name: 'a rebuild that was killed begins again beside what it had filled',
    file: 'libs/projection/src/rebuild/rebuild-target.ts',
    from: "state === 'filling' && fingerprint === projection.fingerprint);",
    to: "state === 'side' && fingerprint === projection.fingerprint);",
    suites: ENGINE,
  },
  {
    name: 'two rebuilds of one projection run at a time',
    file: 'libs/projection/src/rebuild/rebuild-target.ts',
    from: "if (now.updatedAt !== generation.updatedAt) return 'alive';",
    to: '',
    suites: ENGINE,
  },
  {
    name: 'a generation is taken for left because the clock of another machine says so',
    file: 'libs/projection/src/rebuild/rebuild-target.ts',
    from: 'const deadline = runtime.monotonic() + watchMs;',
    to: "const deadline = runtime.monotonic() + watchMs; if (runtime.now() - Date.parse(generation.updatedAt) > 10_000) return 'left';",
    suites: ['libs/projection/src/rebuild/rebuilder.spec.ts'],
  },
  {
    name: 'of several who claim a lease at once more than one get it (embedded)',
    file: readStore('embedded-records'),
    from: 'decideLease(leases.find(command), command, leases.nowMs())',
    to: 'decideLease(undefined, command, leases.nowMs())',
    suites: EMBEDDED_READ,
  },
  {
    name: 'a lease from before the clock was set back counts for longer than it was claimed',
    file: projection('record/lease-record'),
    from: 'endsAtMs > nowMs && endsAtMs <= nowMs + durationMs',
    to: 'endsAtMs > nowMs',
    suites: ['libs/testing/src/projection/record-properties.spec.ts'],
  },
  {
    name: 'an instance counts the time of its lease too slowly',
    file: projection('run/lease-keeper'),
    from: 'const endsAtMs = runtime.monotonic() + this.#durationMs;',
    to: 'const endsAtMs = runtime.monotonic() + 3 * this.#durationMs;',
    suites: INSTANCES,
  },
  {
    name: 'an instance that is stopped keeps its leases',
    file: projection('run/lease-keeper'),
    from: 'await store.releaseLease({ ...key, owner });',
    to: '',
    suites: INSTANCES,
  },
  {
    name: 'an instance that fails keeps its lease',
    file: projection('run/instance-turn'),
    from: 'if (makesWay || this.#yields) await this.#lease?.release();',
    to: 'if (this.#yields) await this.#lease?.release();',
    suites: INSTANCES,
  },
  {
    name: 'an instance of a changed definition passes for a standby',
    file: projection('generations/generation-opener'),
    from: 'const choice = chooseGeneration(generations, hosted.projection, reader.incarnation, this.#rebuild);',
    to: "const choice = { kind: 'open', isFilling: false };",
    suites: INSTANCES,
  },
  {
    name: 'a promotion that came too late waits for the head',
    file: projection('generations/promotion'),
    from: 'return this.#awaitsNews && this.#missed !== undefined',
    to: 'return false && this.#missed !== undefined',
    suites: ENGINE,
  },
  {
    name: 'the server keeps the end of a stream to itself',
    file: server('protocol/read-answers'),
    from: 'if (tellsEnds) yield [{ last_stream_position: String(page.state.last) }];',
    to: '',
    suites: RECORDED_WIRE,
  },
  {
    name: 'the server writes an append whose deadline has passed',
    file: server('protocol/batch-append'),
    from: 'if (waitMs <= 0) throw new WriteTimedOut(0);',
    to: '',
    suites: RECORDED_WIRE,
  },
  {
    name: 'the server tears open appends when it stops',
    file: server('server'),
    from: 'this.#openCalls.stop();',
    to: '',
    suites: ['test/contract/eventstoredb-server-stop.spec.ts'],
  },
  {
    name: 'a checkpoint passes over what is not acknowledged',
    file: server('persistent/progress'),
    from: 'const sequence = lowest?.sequence === undefined ? this.#sequence : lowest.sequence - 1;\n    const place = lowest ? lowest.previousPlace : this.#place;',
    to: 'const sequence = this.#sequence;\n    const place = this.#place;',
    suites: GROUPS,
  },
  {
    name: 'a message that is being parked counts as acknowledged',
    file: server('persistent/outstanding'),
    from: 'for (const message of this.#parking) consider(message);',
    to: '',
    suites: GROUPS,
  },
  {
    name: 'a group goes live over what was committed while it read',
    file: server('persistent/message-buffer'),
    from: 'if (last !== undefined && placeOf(last) >= next) return false;',
    to: '',
    suites: GROUPS,
  },
  {
    name: 'a group from the end begins at another end after a restart',
    file: server('persistent/running-groups'),
    from: '(endedAt ?? (await reader.end()))',
    to: '(await reader.end())',
    suites: PERSISTENT,
  },
  {
    name: 'what is replayed leaves the parked stream before it is answered',
    file: server('persistent/replays'),
    from: 'this.#unanswered.add(message.id);',
    to: '',
    suites: PERSISTENT,
  },
  {
    name: 'groups on all streams are fed by their own checkpoints',
    file: server('persistent/live-feed'),
    from: '!isHiddenFromAll(stream) && (filter',
    to: '(filter',
    suites: PERSISTENT,
  },
  {
    name: 'the index of links is believed whatever the log holds',
    file: server('log/link-reader'),
    from: 'if (position > 0 && events[0]?.id !== id) this.#index.clear();',
    to: '',
    suites: LINKS,
  },
  {
    name: 'the index of links is not brought up to date before a read',
    file: server('log/link-reader'),
    from: 'while (!this.#isVerified || this.#index.progress().position < head) {',
    to: 'while (!this.#isVerified) {',
    suites: LINKS,
  },
  ...readStoreMutants,
  ...processMutants,
  {
    name: 'an append without a revision is sent again blindly (EventStoreDB)',
    file: 'libs/eventstoredb/src/append-pipeline.ts',
    from: 'pending.wasSent && !pending.isRepeatable',
    to: 'false',
    suites: CONTENTION,
  },
  {
    name: 'the stream is not asked whether an append took effect (EventStoreDB)',
    file: 'libs/eventstoredb/src/events-appender.ts',
    from: 'const last = await this.#find(append, since);',
    to: 'const last = undefined;',
    suites: CONTENTION,
  },
  {
    name: 'a connection that falls silent soon after a renewal is kept (EventStoreDB)',
    file: 'libs/eventstoredb/src/client-holder.ts',
    from: 'if (this.#isSilent) this.renew(this.#held);',
    to: '',
    suites: ['libs/eventstoredb/src/client-holder.spec.ts'],
  },
  {
    name: 'an attempt that was cut short tells why a store cannot be opened (EventStoreDB)',
    file: 'libs/eventstoredb/src/connect.ts',
    from: 'if (reason === undefined || !isCutShort) reason = error;',
    to: 'reason = error;',
    suites: ['test/contract/eventstoredb-adapter.spec.ts'],
  },
];
