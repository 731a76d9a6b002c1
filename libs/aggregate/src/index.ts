// For authors of aggregates and senders of commands. Other doors: /host, for programs that run aggregates (Nest, the
// command line, tests), and /errors.

// Declare an aggregate.
export {
  defineAggregate,
  type Aggregate,
  type AggregateDefinition,
  type AggregateOfCommands,
  type AnyAggregate,
  type CommandedAggregate,
} from './aggregate/aggregate.js';
export type { Circumstances } from './aggregate/circumstances.js';
export type { CommandClass, CommandClasses, CommandIn, Decided, Decisions } from './aggregate/decisions.js';
export { CommandRefused, InvalidCommand, isCommandRefused } from './errors.js';
export type { SnapshotRule } from './aggregate/snapshot-rule.js';
export type { UniqueIdRule, UniqueRule } from './aggregate/unique-rule.js';

// Execute its commands.
export { newCommandContext, type CommandContext, type CommandMetadata } from './command/command-context.js';
export { CommandExecutor, type CommandExecutorOptions } from './command/command-executor.js';
export type { CommandEffect, CommandResult, NoEffect } from './command/command-result.js';
export type { FoldedStreamCacheLimits } from './command/folded-stream-cache.js';

// Keep an order among commands.
export { AppendTurns, type AppendTurn } from './command/append-turn.js';
export { StreamLanes } from './command/stream-lanes.js';

// Keep values unique over a history that is there.
export { buildClaims, type BuildClaimsOptions, type BuiltClaims, type ClaimClash } from './claims/build-claims.js';

// Look at a state.
export { fold } from './aggregate/aggregate.js';
export { loadAggregate, type LoadedAggregate, type LoadOptions } from './aggregate/load-aggregate.js';

// Watch commands.
export type { CommandEnd, CommandObservation, CommandObserver, CommandOutcome, ObservedCommand } from './command/command-observer.js';
export type { SnapshotOutcome, SnapshotTold } from './snapshot/snapshots.js';
