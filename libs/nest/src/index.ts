// Mainstem in NestJS: modules, decorators, HTTP edge.
export * from './commands/command-answer.js';
export * from './commands/command-context-of.js';
export * from './commands/command-from.js';
export * from './commands/command.module.js';
export * from './commands/context-of-command.js';
export * from './event-store/event-store.module.js';
export * from './event-store/tokens.js';
export * from './http/configure-http.js';
export * from './http/request-validation.js';
export * from './problem-details/problem-details.filter.js';
export * from './problem-details/problem-rules.js';
