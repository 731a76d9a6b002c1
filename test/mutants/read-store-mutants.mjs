// Faults put into the read stores for production, and into what the engine does for them.

/** @typedef {import('./mutants.mjs').Mutant} Mutant */

const CONTRACT_MEMORY = ['test/contract/memory-read-store.spec.ts'];
const SQL = ['test/contract/sql-read-store.spec.ts'];
const HANDLER_STATEMENTS = ['test/contract/sql-handler-statements.spec.ts'];
const POSTGRES_LOCKS = ['test/contract/postgres-locks.spec.ts'];
const CACHE = ['test/contract/embedded-cache.spec.ts'];
const REDIS = ['test/contract/redis-read-store.spec.ts'];
const REDIS_BOARDS = ['test/contract/redis-boards.spec.ts'];
const REDIS_DERIVATION = ['test/contract/redis-derivation.spec.ts'];
const REDIS_LISTS = ['test/contract/redis-lists.spec.ts'];
const REDIS_FAIL_OVERS = ['test/chaos/redis-sentinel.spec.ts'];
const PARTITIONS = [
  'libs/projection/src/definition/partitioned',
  'libs/projection/src/run/merged-status',
  'libs/testing/src/projection/partition-simulation.spec.ts',
  ...CONTRACT_MEMORY,
];
const OPENSEARCH = ['test/contract/opensearch.spec.ts'];
const OPENSEARCH_DERIVED = ['test/contract/opensearch-derived.spec.ts'];
const OPENSEARCH_FAULTS = ['test/chaos/opensearch.spec.ts'];
const OPENSEARCH_LEFTOVERS = ['test/chaos/opensearch-leftovers.spec.ts'];
const OPENSEARCH_PROMOTIONS = ['test/chaos/opensearch-promotions.spec.ts'];
const OPENSEARCH_DROPS = ['test/chaos/opensearch-drops.spec.ts'];
const OPENSEARCH_CONTROL = ['test/chaos/opensearch-control.spec.ts'];
const OPENSEARCH_PARTS = ['test/chaos/opensearch-partitions.spec.ts'];
const ENGINE = (/** @type {readonly string[]} */ ...specs) => specs.map((spec) => `libs/projection/src/${spec}.spec.ts`);

const projection = (/** @type {string} */ file) => `libs/projection/src/${file}.ts`;
const sql = (/** @type {string} */ file) => `libs/sql/src/${file}.ts`;
const openSearch = (/** @type {string} */ file) => `libs/opensearch/src/${file}.ts`;
const redisScripts = (/** @type {string} */ file) => `libs/redis/src/scripts/${file}.ts`;

/** @type {readonly Mutant[]} */
const engineMutants = [
  {
    name: 'a part folds the keys of the others as well',
    file: projection('fold/document-batch'),
    from: 'if (count > 1 && partitionOf(key, count) !== number) return;',
    to: 'if (count > 1 && partitionOf(key, count) < 0) return;',
    suites: PARTITIONS,
  },
  {
    name: 'the part that is furthest ahead stands for the whole',
    file: projection('read-store/partition'),
    from: '(isPositionBefore(one.position, slowest.position) ? one : slowest)',
    to: '(isPositionBefore(slowest.position, one.position) ? one : slowest)',
    suites: PARTITIONS,
  },
  {
    name: 'the digests of parts that are behind are checked as if they were not',
    file: projection('generations/promotion'),
    from: 'if (!isComplete || others.some(({ position }) => isPositionBefore(position, level))) return undefined;',
    to: 'if (!isComplete) return undefined;',
    suites: PARTITIONS,
  },
  {
    name: 'a checkpoint of another event store is taken',
    file: projection('generations/generations-of'),
    from: 'checkpoint.incarnation !== incarnation);',
    to: "checkpoint.incarnation === '' && incarnation !== '');",
    suites: ENGINE('generations/generation-choice', 'run/projector'),
  },
  {
    name: 'a checkpoint beyond the end of the event store is taken',
    file: projection('generations/same-log'),
    from: 'if (isPositionBefore(head, position))',
    to: 'if (head === undefined)',
    suites: ENGINE('run/projector'),
  },
  {
    name: 'a checkpoint is taken although another event is where it stands',
    file: projection('generations/same-log'),
    from: '=== lastEvent.id) return lastEvent;',
    to: '!== undefined) return lastEvent;',
    suites: ENGINE('run/restored-event-store'),
  },
  {
    name: 'a generation that has served before is promoted without a check',
    file: projection('generations/promotion'),
    from: "this.#next = open.wasPromoted ? 'verify' : 'index';",
    to: "this.#next = open.wasPromoted ? 'promote' : 'index';",
    suites: ENGINE('run/restored-event-store'),
  },
  {
    name: 'a restart forgets which keys are parked',
    file: projection('generations/open-generation'),
    from: 'partition.count === 1 ? new Map(parkedKeys)',
    to: 'partition.count === 1 ? new Map([...parkedKeys].slice(0, 0))',
    suites: ENGINE('run/poison'),
  },
  {
    name: 'a replay settles events that it has not folded',
    file: projection('write/document-writer'),
    from: 'const unpark = events.slice(0, folded.batch.events.length).map',
    to: 'const unpark = events.map',
    suites: ENGINE('run/poison'),
  },
  {
    name: 'queries are promised the position of a generation that does not serve yet',
    file: projection('generations/open-generation'),
    from: 'return this.#filling ? this.#filling.servingBefore : this.#committed;',
    to: 'return this.#committed;',
    suites: ENGINE('run/projector', 'rebuild/rebuilder'),
  },
  {
    name: 'a generation is promoted before its indexes are made',
    file: projection('read-store/promotion-rules'),
    from: 'if (next.isBulk) throw',
    to: "if (next.isBulk && next.state === 'retired') throw",
    suites: CONTRACT_MEMORY,
  },
  {
    name: 'a generation that was filled to stay aside is promoted',
    file: projection('read-store/promotion-rules'),
    from: "if (next.state === 'side') throw",
    to: "if (next.state === 'side' && next.isBulk) throw",
    suites: CONTRACT_MEMORY,
  },
  {
    name: 'a rollback leaves the old generation where it was',
    file: projection('rebuild/roll-back'),
    from: 'if (target.fingerprint === projection.fingerprint) {',
    to: "if (target.fingerprint === '') {",
    suites: ENGINE('rebuild/rebuilder'),
  },
  {
    name: 'a clean-up deletes what another process is filling',
    file: projection('rebuild/clean-up'),
    from: "const isDropped = sign === 'left';",
    to: 'const isDropped = true;',
    suites: ENGINE('rebuild/rebuilder'),
  },
  {
    name: 'the beginning of a long history is shown for the whole',
    file: projection('generations/open-generation'),
    from: '(!isFirst ||',
    to: '(!isFirst &&',
    suites: ENGINE('generations/first-generation'),
  },
  {
    name: 'an event folds a document that had expired when it was recorded',
    file: projection('fold/expired-documents'),
    from: '(expiry(document) ?? Infinity) <= timeMs',
    to: '(expiry(document) ?? Infinity) < timeMs',
    suites: CACHE,
  },
  {
    name: 'a document expires for the fold by the clock of this process',
    file: projection('fold/document-batch'),
    from: 'isExpiredFor(event, document, this.#expiry)',
    to: 'isExpiredFor({ recordedAt: new Date().toISOString() }, document, this.#expiry)',
    suites: CACHE,
  },
  {
    name: 'a document is removed as soon as it has expired',
    file: projection('fold/expired-documents'),
    from: '=> Date.parse(recordedAt) - CLOCKS_DIFFER_MAX_MS;',
    to: '=> Date.parse(recordedAt);',
    suites: CACHE,
  },
  {
    name: 'an expired document is removed although parked events wait for it',
    file: projection('write/document-writer'),
    from: 'const kept = new Set([...plan.keys, ...waiting]);',
    to: 'const kept = new Set(plan.keys);',
    suites: CACHE,
  },
  {
    name: 'a part removes expired documents of another one',
    file: projection('write/document-writer'),
    from: '!kept.has(key) && (count === 1 || partitionOf(key, count) === number)',
    to: '!kept.has(key) && (count > 0 || partitionOf(key, count) === number)',
    suites: ENGINE('fold/expired-documents'),
  },
  {
    name: 'roll-ups count documents that expire',
    file: projection('definition/assert-store-hosts'),
    from: 'if (!expiring) return;',
    to: 'if (expiring || !expiring) return;',
    suites: ENGINE('fold/expired-documents'),
  },
  {
    name: 'documents that expire otherwise go on as they were folded',
    file: projection('cache/cache-collections'),
    from: '=> expiryIn(declaration) !== expiryIn(other);',
    to: "=> expiryIn(declaration) === '' && expiryIn(other) === '';",
    suites: CACHE,
  },
  {
    name: 'verify overlooks documents that no event accounts for',
    file: projection('verify/verify-documents'),
    from: 'if (!fold.holds(key)) continue;',
    to: 'if (!fold.holds(key) || !fold.keys.has(key)) continue;',
    suites: ENGINE('verify/verify-projection'),
  },
  {
    name: 'verify overlooks documents that are missing',
    file: projection('verify/verify-documents'),
    from: 'if (entry.isSeen || entry.document === null || ',
    to: 'if (!entry.isSeen || entry.document === null || ',
    suites: ENGINE('verify/verify-projection'),
  },
];

/** @type {readonly Mutant[]} */
const sqlMutants = [
  {
    name: 'the position moved from is not compared (SQL)',
    file: sql('bookkeeping/generation-records'),
    from: 'AND position IS NOT DISTINCT FROM CAST(? AS bigint)`;',
    to: 'AND (position IS NULL OR position >= 0 OR position = CAST(? AS bigint))`;',
    suites: SQL,
  },
  {
    name: 'opening a session does not raise the epoch (SQL)',
    file: sql('bookkeeping/generation-records'),
    from: '[state, isBulk ? 1 : 0, String(first?.epoch), updatedAt, projection, number],',
    to: '[state, isBulk ? 1 : 0, String(former.parts[0]?.epoch), updatedAt, projection, number],',
    suites: SQL,
  },
  {
    name: 'a stale session finishes a bulk generation',
    file: projection('record/decide'),
    from: 'const { found } = claimedIn(record, claim);',
    to: 'const found = generationIn(record, claim.generation);',
    suites: [...SQL, ...CONTRACT_MEMORY],
  },
  {
    name: 'the checkpoint is moved in a transaction of its own, before the effect (SQL)',
    file: sql('sql-session'),
    from: 'throw this.#moved();\n      await write(connection);',
    to: `throw this.#moved();
      await connection.query('COMMIT', []);
      await connection.query('BEGIN', []);
      await write(connection);`,
    suites: SQL,
  },
  {
    name: 'parked events are in the order of their keys (SQL)',
    file: sql('bookkeeping/parked-records'),
    from: 'ORDER BY mainstem_parked.position, mainstem_parked.key LIMIT ?',
    to: 'ORDER BY mainstem_parked.key, mainstem_parked.position LIMIT ?',
    suites: SQL,
  },
  {
    name: 'positions of parked events are put in order as text (SQL)',
    file: sql('bookkeeping/parked-records'),
    from: 'ORDER BY mainstem_parked.position, mainstem_parked.key LIMIT ?',
    to: 'ORDER BY CAST(mainstem_parked.position AS text), mainstem_parked.key LIMIT ?',
    suites: SQL,
  },
  {
    name: 'settled events stay parked (SQL)',
    file: sql('sql-session'),
    from: 'await parked.unpark(connection, this.#target, unpark);',
    to: '',
    suites: SQL,
  },
  {
    name: 'events that a commit settles are forgotten although it parks them again (SQL)',
    file: sql('sql-session'),
    from: `await parked.unpark(connection, this.#target, unpark);
      await parked.park(connection, this.#target, park);`,
    to: `await parked.park(connection, this.#target, park);
      await parked.unpark(connection, this.#target, unpark);`,
    suites: SQL,
  },
  {
    name: 'a promotion is noted, but queries are not led to it (SQL)',
    file: sql('sql-records'),
    from: 'return connection.changeViews(() => this.#show(connection, name, effect));',
    to: 'return undefined;',
    suites: SQL,
  },
  {
    name: 'a promotion does not wait for the commits and the deletion under way (PostgreSQL)',
    file: sql('sql-records'),
    from: 'for (const one of touched) await this.#generations.hold(connection, name, one);',
    to: 'for (const one of touched) void one;',
    suites: POSTGRES_LOCKS,
  },
  {
    name: 'readers wait for the commit that a promotion waits for (PostgreSQL)',
    file: sql('sql-records'),
    from: 'for (const one of touched) await this.#generations.hold(connection, name, one);',
    to: `await connection.changeViews(() => Promise.resolve());
      for (const one of touched) await this.#generations.hold(connection, name, one);`,
    suites: POSTGRES_LOCKS,
  },
  {
    name: 'readers wait for those who read a view that is to be changed (PostgreSQL)',
    file: sql('postgres/postgres-connection'),
    from: 'await work(); // waits',
    to: "await this.control('SET LOCAL lock_timeout TO DEFAULT');\n      await work(); // waits",
    suites: POSTGRES_LOCKS,
  },
  {
    name: 'a generation serves that is made while another one is promoted (PostgreSQL)',
    file: projection('record/touched-generations'),
    from: "command.do === 'create' || command.do === 'promote'",
    to: "command.do === 'promote'",
    suites: POSTGRES_LOCKS,
  },
  {
    name: 'two projections that begin at once get the same table name (PostgreSQL)',
    file: sql('generation-tables'),
    from: 'await connection.lockName(`view ${view}`);',
    to: '',
    suites: POSTGRES_LOCKS,
  },
  {
    name: 'parked events are listed of a generation that has been dropped meanwhile (PostgreSQL)',
    file: sql('sql-records'),
    from: 'return this.#database.read(async (connection) => {\n      const serving',
    to: 'return this.#database.use(async (connection) => {\n      const serving',
    suites: POSTGRES_LOCKS,
  },
  {
    name: 'errors of TypeORM are thrown on as they are (PostgreSQL)',
    file: sql('postgres/postgres-connection'),
    from: 'return this.#guarded(() => work(this.runner));',
    to: 'return work(this.runner);',
    suites: POSTGRES_LOCKS,
  },
  {
    name: 'two definitions write one generation',
    file: projection('record/decide'),
    from: 'if (found.fingerprint !== fingerprint) throw',
    to: "if (found.fingerprint === '') throw",
    suites: [...SQL, ...CONTRACT_MEMORY],
  },
  {
    name: 'indexes are left out when a bulk generation is finished (SQL)',
    file: sql('sql-session'),
    from: 'for (const sql of this.#parts.tables.indexStatements(collections, generation)) {',
    to: 'for (const sql of this.#parts.tables.indexStatements(collections, generation).slice(1)) {',
    suites: ['test/contract/sql-generations.spec.ts'],
  },
  {
    name: 'a commit leaves no sign of life (SQL)',
    file: sql('bookkeeping/generation-records'),
    from: 'SET position = CAST(? AS bigint), digest = ?, last_event = ?, updated_at = ?\n',
    to: 'SET position = CAST(? AS bigint), digest = ?, last_event = ?, updated_at = coalesce(updated_at, ?)\n',
    suites: SQL,
  },
  {
    name: 'a snapshot sees what is committed meanwhile (PostgreSQL)',
    file: sql('postgres/postgres-database'),
    from: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle',
    to: 'BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SET LOCAL idle',
    suites: SQL,
  },
  {
    name: 'a lease is taken although another owner holds it',
    file: projection('record/lease-record'),
    from: 'found && found.owner !== owner && isRunning(found, nowMs)',
    to: "found && found.owner === '' && isRunning(found, nowMs)",
    suites: [...SQL, ...CONTRACT_MEMORY],
  },
  {
    name: 'a lease that has ended is never free again',
    file: projection('record/lease-record'),
    from: 'found && found.owner !== owner && isRunning(found, nowMs)',
    to: 'found && found.owner !== owner',
    suites: [...SQL, ...CONTRACT_MEMORY],
  },
  {
    name: 'a temporary table of a handler outlives its transaction (PostgreSQL)',
    file: sql('postgres/postgres-connection'),
    from: 'COMMIT; RESET ALL; DISCARD TEMP',
    to: 'COMMIT; RESET ALL',
    suites: HANDLER_STATEMENTS,
  },
  {
    name: 'a temporary table of a handler outlives its transaction (SQLite)',
    file: sql('sqlite/sqlite-side'),
    from: "if (origin === 'handler') for",
    to: "if (origin === 'query') for",
    suites: HANDLER_STATEMENTS,
  },
  {
    name: 'a certificate is taken whatever name it is for (MariaDB)',
    file: sql('mariadb/mariadb-tls'),
    from: 'verifyIdentity: true',
    to: 'verifyIdentity: false',
    suites: ['test/contract/mariadb-tls.spec.ts'],
  },
  {
    name: 'texts are sorted by their beginning (MariaDB)',
    file: sql('mariadb/mariadb-driver'),
    from: 'max_sort_length: SORTED_BYTES,',
    to: 'max_sort_length: 1_024,',
    suites: ['test/contract/mariadb-settings.spec.ts'],
  },
  {
    name: 'a lease that is released stays (SQL)',
    file: sql('bookkeeping/lease-records'),
    from: 'await connection.run(`DELETE FROM ${this.#leases} WHERE ${IS_KEY}`, keyOf(key));',
    to: 'void [connection, key];',
    suites: SQL,
  },
];

/** @type {readonly Mutant[]} */
const redisMutants = [
  {
    name: 'a commit takes a board that has lost places as it is (Redis)',
    file: redisScripts('commit'),
    from: 'if isShortened(v, board) then shortened = board end',
    to: '',
    suites: REDIS_BOARDS,
  },
  {
    name: 'what a derivation is made from is not looked at again (Redis)',
    file: redisScripts('commit'),
    from: 'local damage = damageOf(n) or lostOf(',
    to: 'local damage = lostOf(',
    suites: REDIS_DERIVATION,
  },
  {
    name: 'a derivation that has lost keys goes on (Redis)',
    file: redisScripts('commit'),
    from: 'if expected == actual then return nil end',
    to: 'if expected then return nil end',
    suites: REDIS_DERIVATION,
  },
  {
    name: 'a derivation takes a board that has lost places as it is (Redis)',
    file: redisScripts('commit'),
    from: "if shortened then return { 'damaged', withdraw(n, shortening(name, shortened)) } end\ncountBoards(v",
    to: 'countBoards(v',
    suites: REDIS_DERIVATION,
  },
  {
    name: 'a collection that the list has lost stays lost (Redis)',
    file: 'libs/redis/src/bookkeeping/claims.ts',
    from: 'owners[index] === null',
    to: "owners[index] === ''",
    suites: REDIS_LISTS,
  },
  {
    name: 'a look puts back what another process has forgotten (Redis)',
    file: 'libs/redis/src/bookkeeping/claims.ts',
    from: 'if (generations.length === 0) return [];',
    to: '',
    suites: REDIS_LISTS,
  },
  {
    name: 'a server that hangs keeps its connections (Redis)',
    file: 'libs/redis/src/server/redis-connection.ts',
    from: 'socketTimeout: COMMAND_TIMEOUT_MS,',
    to: '',
    suites: REDIS_FAIL_OVERS,
  },
  {
    name: 'a commit does not ask whose session it is (Redis)',
    file: redisScripts('commit'),
    from: "if field(p, 'session') ~= session or field(p, 'commits') ~= commits or",
    to: "if field(p, 'commits') ~= commits or",
    suites: REDIS,
  },
  {
    name: 'the position moved from is not compared (Redis)',
    file: redisScripts('commit'),
    from: " or field(p, 'position') ~= from then return { 'moved' } end",
    to: " then return { 'moved' } end",
    suites: REDIS,
  },
  {
    name: 'a stale session finishes a bulk generation (Redis)',
    file: redisScripts('commit'),
    from: "if field(n .. ARGV[2], 'session') ~= session then return { 'moved' } end",
    to: '',
    suites: REDIS,
  },
  {
    name: 'settled events stay parked (Redis)',
    file: redisScripts('commit'),
    from: "if redis.call('HDEL', parked .. ':d', place .. ':' .. key) == 1 then",
    to: "if redis.call('HEXISTS', parked .. ':d', place .. ':' .. key) == 2 then",
    suites: REDIS,
  },
  {
    name: 'a snapshot sees what is committed meanwhile (Redis)',
    file: redisScripts('commit'),
    from: '    keep(snapshots, base, name, ARGV, at + deletes + 1, at + deletes + 2 * upserts, 2)\n',
    to: '',
    suites: REDIS,
  },
  {
    name: 'two definitions write one generation (Redis)',
    file: redisScripts('generations'),
    from: "if field(n, 'fingerprint') ~= fingerprint then return",
    to: "if field(n, 'fingerprint') == '' then return",
    suites: REDIS,
  },
  {
    name: 'a generation that is behind the serving one is promoted (Redis)',
    file: redisScripts('generations'),
    from: "if force ~= '1' and isBefore(mine, theirs) then",
    to: "if force ~= '1' and isBefore(mine, mine) then",
    suites: REDIS,
  },
  {
    name: 'the writer of what served before is not fenced by a promotion (Redis)',
    file: redisScripts('generations'),
    from: "    redis.call('HSET', meta, part .. ':session', '')\n",
    to: '',
    suites: REDIS,
  },
  {
    name: 'a lease is taken although another owner holds it (Redis)',
    file: redisScripts('leases'),
    from: "if owner and owner ~= ARGV[2] then return { '0'",
    to: "if owner and owner == '' then return { '0'",
    suites: REDIS,
  },
];

/** @type {readonly Mutant[]} */
const openSearchMutants = [
  {
    name: 'the errors of single operations are ignored (OpenSearch)',
    file: openSearch('write/bulk-writer'),
    from: 'filter(({ status }) => status < 200 || status > 299)',
    to: 'filter(({ status }) => status < 100)',
    suites: OPENSEARCH_FAULTS,
  },
  {
    name: 'every conflict counts as written (OpenSearch)',
    file: openSearch('write/bulk-writer'),
    from: '_version >= target.version ? [_id] : []',
    to: '_version >= target.version - 1e9 ? [_id] : []',
    suites: OPENSEARCH_FAULTS,
  },
  {
    name: 'a batch that was committed and not written out is forgotten by the next session (OpenSearch)',
    file: openSearch('write/take-over'),
    from: 'return await finishIntent(connection, place, raised, { updatedAt });',
    to: 'return { ...raised, body: { ...raised.body, intent: raised.body.isBulk ? raised.body.intent : null } };',
    suites: OPENSEARCH_FAULTS,
  },
  {
    name: 'a stale session moves the checkpoint (OpenSearch)',
    file: openSearch('layout/state-document'),
    from: "query: { require_alias: 'true', if_seq_no: String(from.sequence), if_primary_term: String(from.term) },",
    to: "query: { require_alias: 'true' },",
    suites: OPENSEARCH,
  },
  {
    name: 'opening does not fence off who wrote before (OpenSearch)',
    file: openSearch('layout/state-document'),
    from: 'if (now.body.token !== body.token) throw',
    to: "if (now.body.token === '') throw",
    suites: OPENSEARCH,
  },
  {
    name: 'the position moved from is not compared (OpenSearch)',
    file: openSearch('opensearch-session'),
    from: 'if (this.#isOver || this.#reached !== from) throw',
    to: 'if (this.#isOver) throw',
    suites: OPENSEARCH,
  },
  {
    name: 'a deleted document is loaded again (OpenSearch)',
    file: openSearch('opensearch-session'),
    from: "if (_source?.kind === 'document') documents.set",
    to: 'if (_source) documents.set',
    suites: OPENSEARCH,
  },
  {
    name: 'parked events are not noted (OpenSearch)',
    file: openSearch('opensearch-session'),
    from: 'this.#state.body.hasParked || park.length > 0',
    to: 'this.#state.body.hasParked && park.length > 0',
    suites: OPENSEARCH,
  },
  {
    name: 'the writer of what served before is not fenced by a promotion (OpenSearch)',
    file: openSearch('bookkeeping/serving'),
    from: 'const former = serving && (await this.#retire(serving));',
    to: 'const former = serving?.described;',
    suites: OPENSEARCH,
  },
  {
    name: 'queries are told the part that is furthest ahead (OpenSearch)',
    file: openSearch('read/search-reader'),
    from: '(one < least ? one : least)',
    to: '(one > least ? one : least)',
    suites: OPENSEARCH_PARTS,
  },
  {
    name: 'a snapshot forgets what the other parts are writing (OpenSearch)',
    file: openSearch('read/snapshot'),
    from: 'for (const state of [first, ...others]) requests.push',
    to: 'for (const state of [first]) requests.push',
    suites: OPENSEARCH_PARTS,
  },
  {
    name: 'a generation that has lost its state is taken for one that was never begun (OpenSearch)',
    file: openSearch('bookkeeping/making'),
    from: 'body.count === 0',
    to: 'body.count >= 0',
    suites: OPENSEARCH_LEFTOVERS,
  },
  {
    name: 'what is just being made is removed (OpenSearch)',
    file: openSearch('bookkeeping/making'),
    from: '< ABANDONED_AFTER_MS) return false;',
    to: '< 0) return false;',
    suites: OPENSEARCH_LEFTOVERS,
  },
  {
    name: 'what is searched is not compared with its document (OpenSearch)',
    file: openSearch('read/derived-check'),
    from: '!isDeepStrictEqual(stored, wanted)',
    to: '(stored === undefined) !== (wanted === undefined)',
    suites: OPENSEARCH_DERIVED,
  },
  {
    name: 'a promotion does not notice who comes back between its steps (OpenSearch)',
    file: openSearch('opensearch-read-store'),
    from: 'const serving = await this.#serving.noteOpened(projection.name);',
    to: 'const serving = generation;',
    suites: OPENSEARCH_PROMOTIONS,
  },
  {
    name: 'a writer who takes over late does not finish what was decided (OpenSearch)',
    file: openSearch('opensearch-read-store'),
    from: 'if (serving !== generation) await',
    to: 'if (serving === undefined) await',
    suites: OPENSEARCH_PROMOTIONS,
  },
  {
    name: 'an alias is moved from wherever it is (OpenSearch)',
    file: openSearch('bookkeeping/serving'),
    from: 'remove: { index: other.index, alias, must_exist: true }',
    to: 'remove: { index: other.index, alias }',
    suites: OPENSEARCH_PROMOTIONS,
  },
  {
    name: 'a generation that has lost the state of a later part is kept for ever (OpenSearch)',
    file: openSearch('bookkeeping/making'),
    from: 'this.generations.placeOf(meta, missing)',
    to: 'this.generations.placeOf(meta, 0)',
    suites: OPENSEARCH_LEFTOVERS,
  },
  {
    name: 'a deletion is not decided where promotions are (OpenSearch)',
    file: openSearch('bookkeeping/dropping'),
    from: 'if (await this.serving.decide(found, {',
    to: 'if (Object({',
    suites: OPENSEARCH_DROPS,
  },
  {
    name: 'a promotion does not see what is to be deleted (OpenSearch)',
    file: openSearch('bookkeeping/serving'),
    from: 'if (!next || isDropped(found?.control, generation)) throw',
    to: 'if (!next) throw',
    suites: OPENSEARCH_DROPS,
  },
  {
    name: 'a deletion does not see a promotion that is decided and not done (OpenSearch)',
    file: openSearch('bookkeeping/dropping'),
    from: 'if (!found || (await this.serving.switchIfUndone(generations, found.control.serving))) continue;',
    to: 'if (!found) continue;',
    suites: OPENSEARCH_DROPS,
  },
  {
    name: 'a deletion that was decided is left undone (OpenSearch)',
    file: openSearch('bookkeeping/dropping'),
    from: '!isServing && isDropped(control, meta.number)',
    to: 'isServing && isDropped(control, meta.number)',
    suites: OPENSEARCH_LEFTOVERS,
  },
  {
    name: 'what decides promotions is not restored (OpenSearch)',
    file: openSearch('bookkeeping/serving'),
    from: 'if (entries.length === 0) return undefined;',
    to: 'if (entries.length >= 0) return undefined;',
    suites: OPENSEARCH_CONTROL,
  },
  {
    name: 'a promotion whose decision is lost is not done (OpenSearch)',
    file: openSearch('bookkeeping/serving'),
    from: 'if (found && found.control.serving !== null && found.control.serving !== number) return;',
    to: 'if (found && found.control.serving !== number) return;',
    suites: OPENSEARCH_CONTROL,
  },
  {
    name: 'the control index is made anew as the server likes it (OpenSearch)',
    file: openSearch('layout/control-index'),
    from: "query: { retry_on_conflict: CONFLICTS_MAX, require_alias: 'true' },",
    to: 'query: { retry_on_conflict: CONFLICTS_MAX },',
    suites: OPENSEARCH_CONTROL,
  },
  {
    name: 'queries see a generation in place of a lost one while it is filled',
    file: projection('generations/open-generation'),
    from: 'const isFirst = !options.hasServed && generations',
    to: 'const isFirst = generations',
    suites: OPENSEARCH_FAULTS,
  },
];

export const readStoreMutants = [...engineMutants, ...sqlMutants, ...redisMutants, ...openSearchMutants];
