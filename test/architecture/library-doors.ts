// What each door of a library shows, by the door's name. doors.spec.ts has the three doors of @mainstem/projection.

/** A name that is added or taken away is a decision about who needs it. */
export const LIBRARY_DOORS: Readonly<Record<string, string>> = {
  aggregate: `
    Aggregate AggregateDefinition AggregateOfCommands AnyAggregate AppendTurn AppendTurns BuildClaimsOptions BuiltClaims Circumstances ClaimClash
    CommandClass CommandClasses CommandContext CommandEffect CommandEnd CommandExecutor CommandExecutorOptions CommandIn CommandMetadata
    CommandObservation CommandObserver CommandOutcome CommandRefused CommandResult CommandedAggregate Decided Decisions
    FoldedStreamCacheLimits
    InvalidCommand LoadOptions LoadedAggregate NoEffect ObservedCommand SnapshotOutcome SnapshotRule SnapshotTold StreamLanes UniqueIdRule
    UniqueRule buildClaims defineAggregate fold isCommandRefused loadAggregate newCommandContext`,
  'aggregate/host': `
    CONTEXT_ID_RULE changeablePartOf commandIdFrom isAsynchronous isContextId ownMetadata validateCommand`,
  'aggregate/errors': `
    AggregateConflictUnresolved AggregateOverloaded CommandIdReused CommandRefused CommandTimedOut EventNotFoldable EventNotStorable
    InvalidAggregate InvalidCommand SnapshotStoreLate StateNotStorable StateTooLarge UniqueValueTaken UnknownCommand
    isCommandRefused`,
  cli: `
    ApplicationDeployment ApplicationSettings DeclaredReader DeployConfig ExaminedPlaces ExaminedStore ImportProgress ImportRequest
    ImportSummary MainstemApplication OpenEventReader OpenExaminedStore OpenReadModels OperatedProcess OperatedSchema RuleViolations
    Scale SchemaRoles SecretReference defineApplication defineDeployment main`,
  'cli/errors': `
    CopyOntoItself CopyTargetForeign DeployConfigInvalid DeployFolderUnusable DeployPackageMissing FolderNotEmpty GeneratorsMissing
    HistoryUnreadable InstanceNotReady InvalidArgument NoAnswer NoApplication NoContractLock NoCopy NoEventStore NoImport NoProcesses
    NoUniqueValues NotCompared OutputUnwritable PackagesMissing UnknownDocument UnknownInstance UnknownStream UnusableApplication
    UnusableContractLock unknownValue`,
  embedded: `
    EmbeddedCacheOptions EmbeddedCacheStore EmbeddedEventStore EmbeddedEventStoreOptions EmbeddedSearchOptions EmbeddedSearchStore
    EmbeddedSnapshotStore EmbeddedSnapshotsOptions`,
  'embedded/events-file': `
    ChecksummedEvent CommitSignal DamagedEvent EventsFileOptions Names OpenedFile StoreFile eventChecksum eventsFile openDatabase
    openToRead openToWrite readIncarnation retryWhileBusy translateEventsFileError translateSqliteError turn`,
  'embedded/settings': `
    dirSetting embeddedForm`,
  'embedded/sqlite': `
    FileOwner FileReplaced PRIVATE_FOLDER ResultCode StoreFile WatchedFile assertSqliteVersion createPrivately isBusy primaryCodeOf
    retryWhileBusy sqliteCodeOf`,
  'embedded/errors': `
    CannotOpenFile DiskFull EventStoreOverloaded FileBusy FileCorrupt FileOwner FileReadOnly FileReplaced ForeignFile InvalidStoreName
    IoFailed NewerFormat SqliteTooOld StoreFile`,
  'event-store': `
    AmbiguousCategory AppendAllOptions AppendAllResult AppendAllUnsupported AppendOptions AppendPartlyKnown AppendResult
    AsynchronousRule Closable CopyGap CopyOvertaken DEFAULT_LIMITS DomainEvent EventDeclarations EventFilter EventId EventMark EventMetadata EventOf
    EventReader EventRegistry EventStore EventStoreClosed EventStoreRestored EventTooLarge EventWriter ExpectedRevision
    FieldViolation Heartbeat InMemoryEventStore InMemoryEventStoreOptions InMemorySnapshotStore Incarnation InvalidEvent
    InvalidContractLock InvalidInput JsonValue Lanes MainstemError NewEvent NewerEvent NotCopyable OperationAborted PayloadClass
    Position PreparedEvent
    ReadAllOptions ReadStreamOptions RecordedEvent RecordedEventOf RetryDelays Revision RuleOptions Runtime STEP_DEADLINE_MS
    SilentLoop SnapshotKey SnapshotPart SnapshotStore SnapshotStoreClosed SnapshotsOf StoreLimits StoredSnapshot StreamAppend
    StreamName SubscribeOptions SubscriptionBatch UncheckableField UndecodableEvent Upcaster VersionedPayload WrongExpectedRevision
    allOrNone assertCategoriesDiffer assertNever backOffMs codedText commandIdOf copyJson declaresField decodedForm defineEvents
    encodeAppend encodeJson eventId eventIdOf fieldViolations fingerprintOf freezeJson hiddenProblem inTime instantOf isBuiltIn
    isHidden isMainstemError isObjectClass isOwnAccessor isPositionBefore isPrintable isTraceparent laterPosition nearestName
    occurredAt position printable printableLines revision ruleOptions silenceOf sourceText streamName streamOf streamPrefixOf
    systemRuntime throwIfAborted traceparentOf unlessAborted violationsOfRules`,
  'event-store/contract': `
    ContractChange ContractChangeKind DeclaredContracts EventContract EventContracts FieldContract FieldContracts NestedClassOf
    JsonSchema RuleTerms StoredHistory StoredHistoryOptions StoredPayloads StoredPayloadsOptions ValueContract compareContracts
    contractsOf eventName jsonSchemaOf lockText parseLock readStoredHistory upcasterStub`,
  'event-store/settings': `
    Environment Given PlaceForm Setting SettingGroup SettingRows SettingsInvalid ValuesOf areGiven didYouMean flawOfParameters isOn list oneOf optional
    placeSetting readSettings settingsHelp settingsIn settingsLines settingsTable takeParameter together wholeNumber withoutCredentials wordForm`,
  'event-store/adapter': `
    AllRead AppendAllRuling AppendCopiesOptions AppendLimits AppendOutcome AppendQueue AppendQueueOptions AppendRuling CopyTarget EncodedAppend EncodedAppendAll
    EncodedEvent EventCopy LazyRecordedEvent LogWaiters NameRange QueuedAppend StoredEvent StreamRead StreamState Subscription appendLimits
    checkAllRead checkStreamRead checkSubscription copyGroups encodeAppendAll eventCopyOf eventTextsOf isCopyTarget isWanted nameRanges resultOfAll ruleOnAppend ruleOnAppendAll`,
  'eventstoredb-server': `
    Credentials EventStoreDbServer EventStoreDbServerOptions Metrics`,
  'eventstoredb-server/command-line': `
    SERVER_ABOUT ServeOptions ServerSettings serve serverSettings`,
  'eventstoredb-server/errors': `
    CannotListen FilterNotSupported GroupDropped GroupExists GroupFull GroupNotFound GroupRefused GroupsServedElsewhere GroupsUnreadable
    MetadataMissing REQUIRED_PROPERTIES RequestInvalid ServerOverloaded ServerSettingsInvalid StreamTombstoned WriteTimedOut
    WriteTooLarge`,
  eventstoredb: `
    ConnectionSettings ConnectionStatus EventStoreDbEventStore EventStoreDbOptions`,
  'eventstoredb/settings': `
    EventStoreConnection eventStoreDbAddress eventStoreSetting`,
  'eventstoredb/errors': `
    ClientUnusable ConnectionSettingsInvalid EventStoreAccessDenied EventStoreFailed EventStoreUnavailable StreamDeleted TooManyAppends`,
  nest: `
    Answer COMMAND_HEALTH CORRELATION_ID CommandAnswer CommandAnswerInterceptor CommandContextOf CommandHandlersOptions CommandHealth
    CommandModule CommandModuleOptions CommandOf DEFAULT_PROBLEM_RULES EVENT_STORE EventStoreModule EventStoreModuleOptions HealthCheck
    HealthModule HealthModuleOptions HttpApplication HttpOptions IDEMPOTENCY_KEY InjectEventStore InjectRuntime InvalidRequest
    ListenOptions MIN_POSITION_HEADER MIN_POSITION_PARAMETER NamedProjection POSITION_HEADER PositionModule PositionOptions
    ProblemDetails ProblemDetailsFilter ProblemRule ProblemRules ProjectorModule ProjectorModuleOptions REPLAYED_HEADER RUNTIME
    ReadSource ReadStoreModule ReadStoreOptions Readiness ReadsFrom Reflecting Telemetry TelemetryModule TelemetryModuleOptions
    announce commandFrom commandHandlers configureHttp contextOf eventStoreHealth found listen loadTelemetry neutralError neutralReason
    projectorHealth reasonOfLook requestValidationPipe runMain withContext`,
  'nest/log-line': `
    LEVEL_NAMES Line LineLevel announce jsonLine textLine wantsJson`,
  'nest/settings': `
    httpSettings logFormatSetting metricsSetting watchingSettings`,
  'nest/errors': `
    CommandHandledTwice HostUnusable NotInReadModel PortForbidden PortInUse ProjectorTwice TailLate`,
  opensearch: `
    OpenSearchLocation OpenSearchOptions OpenSearchReadStore`,
  'opensearch/settings': `
    openSearchForm`,
  'opensearch/errors': `
    InvalidOpenSearchOptions SearchPermissionDenied SearchServerReadOnly UnsupportedSearchServer`,
  process: `
    Accepted Action Attempt CommandTarget CommandsFor Deadline DeadlineClock DeadlineClockOptions Declined Due Effect EffectOptions
    EffectPolicy EffectReactorHostOptions EffectRefused EffectRunner EffectRunnerOptions EffectTimedOut EffectsHostOptions Failed
    Handling Instance InvalidAction InvalidEffect InvalidProcess Outcomes PendingEffect Perform Performer ProcessHostOptions
    ProcessManager ProcessManagerOptions ProcessRefused ProcessVersion ProcessVersionUnknown Reactor ReactorHostOptions ReactorOptions
    Send SentCommand Succeeded after at cancelDeadline effect end hostProcess hostReactor hostReactorWithEffects perform performer
    processManager reactor resultOf send`,
  'process/operate': `
    FoundAt INSTANCE_STATES InstanceReport InstanceState OpenRequest ProcessAt StuckRequest TakenIn deadlinesOf
    givenUpEffects instancesIn instancesOf isOutside keyNear loadInstance pendingDeadlines pendingEffectsOf reactionsOf
    storedSource`,
  'projection/reaction': `
    Companion Figures Hosted HostedReaction Reaction ReactionContext ReactionOptions ReactionStart reaction`,
  'projection/settings': `
    PartitionCounts projectorSettings`,
  postgres: `
    CallerTransaction Migrated MigrateOptions PostgresEventStore PostgresEventStoreOptions PostgresLocation SchemaScriptOptions
    TransactionEventStore UncommittedAppend migrateSchema rightsOf schemaScript schemaStatements schemaVersion`,
  'postgres/settings': `
    PostgresEvents postgresEventsAddress postgresEventsForm postgresEventsSchema`,
  'postgres/errors': `
    LockHolder LogBusy LogDamaged LogMissing LogReplaced NewerLog PostgresAccessDenied PostgresClientUnusable PostgresDiskFull
    PostgresFailed PostgresOverloaded PostgresReadOnly PostgresSettingsInvalid PostgresUnavailable PostgresUnsupported
    TransactionConflict TransactionUnusable`,
  redis: `
    RedisLocation RedisReadStore RedisReadStoreOptions`,
  'redis/settings': `
    redisForm`,
  'redis/errors': `
    InvalidRedisOptions ReadStorePermissionDenied ReadStoreReadOnly ServerCertificateRefused ServerEvicts ServerTooOld`,
  schematics: `
    AggregateRequest ApplicationModel CACHE_STORES EVENT_STORES Files PackageSources ProjectionRequest SEARCH_STORES SQL_STORES STORES
    StoreName addAggregate addProjection assertApplicationName changesOf newApplication ownPackages unifiedDiff`,
  'schematics/errors': `
    FileMissing InvalidRequestText NameTaken PlaceNotFound`,
  sql: `
    MariadbLocation NamedProjection PostgresLocation ReadResult SqlLocation SqlReadStore SqlReadStoreOptions SqlTransaction
    SqliteLocation`,
  'sql/settings': `
    sqlForms`,
  'sql/errors': `
    InvalidReadStoreFile InvalidSqlOptions NewerReadStore ReadModelInUse ReadModelNameTaken ReadStorePermissionDenied ReadStoreReadOnly
    SchemaMissing ServerCertificateRefused SqlFileMissing UnsupportedDatabase UnsupportedEntity`,
  testing: `
    AggregatePropertiesOptions CacheContractOptions CacheFixture CacheStore ContractCase ContractDocuments ContractOrder
    ContractRunner ContractSuite ContractTotal ErrorClass EventStoreFixture FoldedCollections GivenEvent HappenedEvent Histories
    HistoryOptions MemoryReadStore MemorySession MemoryTransaction PRODUCTS ProcessInput ProcessScenario ProjectionScenario
    ReactorScenario ReadStoreContractOptions ReadStoreFixture Refusal SearchContractOptions SearchFixture SearchStore SeededRandom
    SeededRuntime SeededRuntimeOptions SimulationStuck SnapshotStoreFixture SnapshotStoreUnderTest StoreClock TcpFault TcpProxy
    TcpProxyOptions Then ThenProcess TransactionSteps When WhenProcess accepted aggregateProperties cacheContract checkHistory
    declined eventStoreContract failed foldProjection given givenEvents givenProcess givenReactor late passed readStoreContract
    registerContract searchContract seededRandom snapshotStoreContract succeeded`,
};
