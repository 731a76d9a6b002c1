// The write side: aggregates as pure functions, and the execution of their commands.
export * from './aggregate/aggregate.js';
export * from './aggregate/load-aggregate.js';
export * from './claims/build-claims.js';
export { CLAIM_CATEGORY, type UniqueRule } from './aggregate/unique-rule.js';
export * from './command/append-turn.js';
export * from './command/command-context.js';
export * from './command/command-observer.js';
export * from './command/command-executor.js';
export * from './command/command-result.js';
export * from './command/folded-stream-cache.js';
export * from './command/known-commands.js';
export * from './command/stream-lanes.js';
export * from './command/validate-command.js';
export * from './errors.js';
