// What each door of a library shows: a name that is added or taken away is a decision about who needs it.
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exportedNames } from './exported-names.js';
import { LIBRARY_DOORS } from './library-doors.js';

const libraries = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../libs');
const sources = path.join(libraries, 'projection/src');

/** More would not fit on one screen. */
const ROOT_NAMES_MAX = 40;

const DOORS = {
  index: `
    AnyProjection BoardEntry CacheCollectionOptions CacheCollections CacheQueries DocumentClass DocumentProjection
    DocumentProjectionOptions Evolve HandlerProjection HandlerProjectionOptions HostedProjection LeaseOptions Measure On PARTITIONS_MAX
    ProjectionStatus Projector ProjectorOptions ReadStore RebuildPolicy RecoveryPolicy RollUp RollUpOptions SearchCollectionOptions
    SearchCollections SearchQueries SearchRequest WaitForPositionOptions count decimalSum documentProjection handlerProjection max min
    partitioned rollUp sum waitForPosition`,
  operate: `
    ABANDONED_AFTER_MS AmbiguousProjection BatchEnd CRASH_POINTS Checkpoint CheckpointAhead CleanUpOptions CleanedUp CrashPoint
    CrashPoints DEFAULT_RECOVERY FillPhase FillingStatus ForeignEventStore Generation GenerationChoice GenerationRefusal GenerationState
    HeldLease InvalidLease LEASE_MS_DEFAULT LastEvent LeftBehind MEMBERS_FROM NothingToRollBack ObservedBatch ParkedEvent PartitionStatus
    PartitionWaits Pause PauseOptions PausedProjection Phase ProjectionBehind ProjectionChanged ProjectionFailed ProjectionObserver
    ProjectionOfRestoredStore ProjectionPaused
    REBUILD_CRASH_POINTS RebuildNotVerified RebuildPhase RebuildProgress RebuildReport RebuildRunning RebuildTarget Rebuilder
    RebuilderOptions RebuiltProjection ReplayRefused ReplayResult RollBackOptions RollbackBehind ScanEntry ScanOptions
    SideGenerationOptions StillDeclared StillRuns TooManyParked UnknownProjection UntilAhead UntilRestingOptions UntilTooEarly VerifyDifference VerifyDisturbed
    VerifyOptions VerifyProgress VerifyReport VerifyTooLarge WaitOptions WaitRefused assertSameLogOf cleanUp compareKeys crashAtOf
    fillSideGeneration forgetProjection generationChoiceOf isOfLostEvents leftBehind newestFillingOf pauseOf pauseProjection pausedText
    placeOf positionAt resumeProjection rollBack servingOf untilResting verifyProjection`,
  adapter: `
    CacheAnswer Checkpoint CheckpointMove CheckpointMoved Claim CollectionChanges CollectionDescriptor CollectionTaken CommitBatch
    CommitClaim CreateGenerationOptions Decided DecidedLease Derived DerivedDifference Described DocumentClass EMPTY_DIGEST Effect Expiry FingerprintMismatch FoldedCollections Generation
    GenerationBehind GenerationDamaged GenerationNotReady GenerationRecord GenerationServes GenerationSnapshot GenerationState HeldLease InvalidCacheQuery
    InvalidDocument InvalidPartitions InvalidProjection InvalidSearchCursor InvalidSearchQuery LeaseAnswer LeaseBook LeaseClaim LeaseCommand LeaseKey LeaseRecord
    MEMBERS_FROM MemoryReadStore MemorySession MemoryState MemoryTransaction NotPartitionable Note OpenSessionOptions OwnerOf ParkedEvent ParkedQuery PartRecord Partition Place PlaceCursor PlacedWord
    Places ProjectionDescriptor ProjectionDocument ProjectionRecord PromoteOptions ReadStore ReadStoreOverburdened ReadStoreSession ReadStoreUnavailable
    RecordCommand RecordStore RecordedReadStore RecordedSession SessionStore StoredParkedEvent allDescribed concernsServing decide decideLease describedIn emptyRecord
    generationIn heldAmong isRunning leaseKeyText rivalOf servingIn
    RollingDigest SEARCH_FILTERS_MAX SEARCH_LENGTH_MAX SEARCH_LIMIT_MAX SEARCH_WORDS_MAX ScanEntry ScanOptions SearchCursor
    SearchDeclaration SearchFilter SearchFilters SearchItem SearchResult SearchWords StatementRefused TOP_LIMIT_MAX TopOptions Touched
    TransactionalSession UnknownCollection UnknownGeneration UnreadableDocument WHOLE WORDS_VERSION assertCacheCollections
    assertPromotable assertTopOptions checkpointIn compareKeys declarationOf declaredExpiry decodeCursor decodeDeclaration decodeDocument
    decodeEntry decodeForQuery dependsOnSize derivedOf encodeCursor encodeDeclaration encodeDocument eventMarkText expiresOtherwise
    fieldWords flawOfStoreName foldProjection fromStorableText fromStoredParked haveSameIndex highlight isBehind isHashedKey keyHash lastEventIn normalised ofPartitions
    parseFilters parseRequest partitionOf partitionsOf placedWordsIn scopeOf shownKey textsOf toIndexedKey toStorableText touchedBy wordsIn`,
} as const;
type Door = keyof typeof DOORS;

const fileOf = (door: string): string => path.join(sources, `${door}.ts`);
const listed = (door: Door): readonly string[] => DOORS[door].split(/\s+/).filter((name) => name !== '');
const sorted = (names: readonly string[]): readonly string[] => names.toSorted();

interface Entry {
  readonly '@mainstem/source': string;
  readonly types: string;
  readonly default: string;
}

/** Every entry of every library but its package.json, by the name of the door: `redis`, `redis/settings`. */
const entries = (): ReadonlyMap<string, Entry> =>
  new Map(
    globSync('*/package.json', { cwd: libraries }).flatMap((file) => {
      const { exports } = JSON.parse(readFileSync(path.join(libraries, file), 'utf8')) as { readonly exports: Readonly<Record<string, Entry>> };
      const doors = Object.entries(exports).filter(([name]) => name !== './package.json');
      return doors.map(([name, entry]) => [path.posix.join(path.dirname(file), name), entry] as const);
    }),
  );
const sourceOf = (door: string, entry: Entry | undefined): string =>
  path.join(libraries, door.split('/')[0] ?? '', entry?.['@mainstem/source'] ?? '');

/** One look for all doors: most of the files behind them are the same. */
const all = entries();
const shownBy = exportedNames([...all].map(([door, entry]) => sourceOf(door, entry)));

const OF_PROJECTION = ['projection', 'projection/operate', 'projection/adapter'];
/** A root fits one screen. */
const ROOT_LINES_MAX = 45;

describe('the doors of @mainstem/projection', () => {
  const doors: readonly Door[] = ['index', 'operate', 'adapter'];

  it('show the names that are listed here, and no others', () => {
    for (const door of doors) expect(sorted(shownBy.get(fileOf(door)) ?? []), door).toEqual(sorted(listed(door)));
  });

  it('show few names to authors of projections, and no name on two doors', () => {
    expect(listed('index').length).toBeLessThanOrEqual(ROOT_NAMES_MAX);
    // The port is the one thing that readers of both doors need.
    const twice = listed('index').filter((name) => listed('operate').includes(name) || listed('adapter').includes(name));
    expect(twice).toEqual(['DocumentClass', 'ReadStore']);
  });
});

describe('the doors of the libraries', () => {
  it('are all listed, and show the names that are listed and no others', () => {
    expect([...all.keys()].toSorted()).toEqual([...OF_PROJECTION, ...Object.keys(LIBRARY_DOORS)].toSorted());
    for (const [door, names] of Object.entries(LIBRARY_DOORS)) {
      expect(sorted(shownBy.get(sourceOf(door, all.get(door))) ?? []), door).toEqual(sorted(names.split(/\s+/).filter((name) => name !== '')));
    }
  });

  it('lead to a source, to its types and to its build, which have one name', () => {
    for (const [door, entry] of all) {
      const { '@mainstem/source': source, types, default: built } = entry;
      const name = source.replace(/^\.\/src\//, '').replace(/\.ts$/, '');
      expect([existsSync(sourceOf(door, entry)), types, built], door).toEqual([true, `./dist/${name}.d.ts`, `./dist/${name}.js`]);
    }
  });

  it('show a root on one screen, in groups with a comment each', () => {
    for (const [door, entry] of all) {
      if (door.includes('/')) continue;
      const lines = readFileSync(sourceOf(door, entry), 'utf8').trimEnd().split('\n');
      expect(lines.length, door).toBeLessThanOrEqual(ROOT_LINES_MAX);
      const groups = lines.join('\n').split('\n\n').slice(1);
      expect(
        groups.filter((group) => !group.startsWith('// ')),
        door,
      ).toEqual([]);
      expect(groups.length, door).toBeGreaterThan(0);
    }
  });
});
