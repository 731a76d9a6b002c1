// What each door of the read side shows: a name that is added or taken away is a decision about who needs it.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const sources = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../libs/projection/src');

/** More would not fit one screen. */
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
    HeldLease InvalidLease LEASE_MS_DEFAULT LastEvent LeftBehind NothingToRollBack ObservedBatch ParkedEvent PartitionStatus
    PartitionWaits Phase ProjectionBehind ProjectionChanged ProjectionFailed ProjectionObserver ProjectionOfRestoredStore
    REBUILD_CRASH_POINTS RebuildNotVerified RebuildPhase RebuildProgress RebuildReport RebuildRunning RebuildTarget Rebuilder
    RebuilderOptions RebuiltProjection ReplayRefused ReplayResult RollBackOptions RollbackBehind SEATS_FROM ScanEntry ScanOptions
    SideGenerationOptions StillDeclared StillRuns TooManyParked UnknownProjection UntilAhead VerifyDifference VerifyDisturbed
    VerifyOptions VerifyProgress VerifyReport VerifyTooLarge WaitOptions WaitRefused assertSameLogOf cleanUp compareKeys crashAtOf
    fillSideGeneration forgetProjection generationChoiceOf isOfLostEvents leftBehind newestFillingOf placeOf positionAt rollBack servingOf
    verifyProjection`,
  reaction: `Companion Hosted HostedReaction Reaction ReactionContext ReactionOptions ReactionStart reaction`,
  adapter: `
    CacheAnswer Checkpoint CheckpointMove CheckpointMoved Claim CollectionChanges CollectionDescriptor CollectionTaken CommitBatch
    CommitClaim CreateGenerationOptions Decided DecidedLease Derived DerivedDifference Described DocumentClass EMPTY_DIGEST Effect Expiry FingerprintMismatch FoldedCollections Generation
    GenerationBehind GenerationDamaged GenerationNotReady GenerationRecord GenerationServes GenerationSnapshot GenerationState HeldLease InvalidCacheQuery
    InvalidDocument InvalidPartitions InvalidProjection InvalidSearchCursor InvalidSearchQuery LeaseAnswer LeaseBook LeaseClaim LeaseCommand LeaseKey LeaseRecord
    MemoryReadStore MemorySession MemoryState MemoryTransaction NotPartitionable OpenSessionOptions OwnerOf ParkedEvent PartRecord Partition Place PlaceCursor PlacedWord
    Places ProjectionDescriptor ProjectionDocument ProjectionRecord PromoteOptions ReadStore ReadStoreOverburdened ReadStoreSession ReadStoreUnavailable
    RecordCommand RecordStore RecordedReadStore RecordedSession SessionStore allDescribed decide decideLease describedIn emptyRecord
    generationIn heldAmong isRunning leaseKeyText rivalOf servingIn
    RollingDigest SEARCH_FILTERS_MAX SEARCH_LENGTH_MAX SEARCH_LIMIT_MAX SEARCH_WORDS_MAX SEATS_FROM ScanEntry ScanOptions SearchCursor
    SearchDeclaration SearchFilter SearchFilters SearchItem SearchResult SearchWords StatementRefused TOP_LIMIT_MAX TopOptions
    TransactionalSession UnknownCollection UnknownGeneration UnreadableDocument WHOLE WORDS_VERSION assertCacheCollections
    assertPromotable assertTopOptions checkpointIn compareKeys declarationOf declaredExpiry decodeCursor decodeDeclaration decodeDocument
    decodeEntry decodeForQuery dependsOnSize derivedOf encodeCursor encodeDeclaration encodeDocument eventMarkText expiresOtherwise
    fieldWords flawOfStoreName foldProjection fromStorableText haveSameIndex highlight isBehind isHashedKey keyHash lastEventIn normalised ofPartitions
    parseFilters parseRequest partitionOf partitionsOf placedWordsIn scopeOf shownKey textsOf toIndexedKey toStorableText wordsIn`,
} as const;
type Door = keyof typeof DOORS;

const fileOf = (door: string): string => path.join(sources, `${door}.ts`);
const listed = (door: Door): readonly string[] => DOORS[door].split(/\s+/).filter((name) => name !== '');
const sorted = (names: readonly string[]): readonly string[] => names.toSorted();

/** Names of values and types, as an importer sees them. */
const shown = (doors: readonly Door[]): ReadonlyMap<Door, readonly string[]> => {
  const { ESNext } = ts.ScriptTarget;
  const { NodeNext: module } = ts.ModuleKind;
  const { NodeNext: moduleResolution } = ts.ModuleResolutionKind;
  const options = { target: ESNext, module, moduleResolution, customConditions: ['@mainstem/source'], skipLibCheck: true };
  const program = ts.createProgram(doors.map(fileOf), options);
  const checker = program.getTypeChecker();
  return new Map(
    doors.map((door) => {
      const file = program.getSourceFile(fileOf(door));
      const symbol = file && checker.getSymbolAtLocation(file);
      return [door, symbol ? checker.getExportsOfModule(symbol).map(({ name }) => name) : []];
    }),
  );
};

describe('the doors of @mainstem/projection', () => {
  const doors: readonly Door[] = ['index', 'operate', 'reaction', 'adapter'];

  it('show the names that are listed here, and no others', () => {
    const found = shown(doors);
    for (const door of doors) expect(sorted(found.get(door) ?? []), door).toEqual(sorted(listed(door)));
  });

  it('show few to those who write projections, and to nobody what another door shows them', () => {
    expect(listed('index').length).toBeLessThanOrEqual(ROOT_NAMES_MAX);
    // The port is the one thing that both hand to a store and write one for.
    const twice = listed('index').filter((name) => listed('operate').includes(name) || listed('adapter').includes(name));
    expect(twice).toEqual(['DocumentClass', 'ReadStore']);
  });
});
