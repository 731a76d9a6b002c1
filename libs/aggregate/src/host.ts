// For programs that run aggregates for others: what they check of a command before they hand it over.
export { commandIdFrom, CONTEXT_ID_RULE, isContextId, ownMetadata } from './command/command-context.js';
export { isAsynchronous } from './aggregate/asynchronous.js';
export { changeablePartOf } from './aggregate/isolation.js';
export { validateCommand } from './command/validate-command.js';
