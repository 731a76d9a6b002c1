// For Nest applications. Other doors: /settings, /errors, and /log-line for processes that do without Nest.

// Execute commands.
export { CommandAnswerInterceptor, POSITION_HEADER, REPLAYED_HEADER, type CommandAnswer } from './commands/command-answer.js';
export { CommandContextOf, CORRELATION_ID, IDEMPOTENCY_KEY } from './commands/command-context-of.js';
export { commandFrom } from './commands/command-from.js';
export { commandHandlers, type CommandHandlersOptions } from './commands/command-handlers.js';
export { CommandOf } from './commands/command-of.js';
export { CommandModule, type CommandModuleOptions } from './commands/command.module.js';
export { contextOf, withContext } from './commands/context-of-command.js';

// Open stores.
export { EventStoreModule, type EventStoreModuleOptions } from './event-store/event-store.module.js';
export { EVENT_STORE, InjectEventStore, InjectRuntime, RUNTIME } from './event-store/tokens.js';
export { ReadStoreModule, type ReadStoreOptions } from './read-store/read-store.module.js';

// Run projections.
export { ProjectorModule, type ProjectorModuleOptions } from './projector/projector.module.js';

// Answer queries with the position that they reflect.
export type { Answer, Reflecting } from './position/answer.js';
export { found } from './position/found.js';
export { MIN_POSITION_HEADER, MIN_POSITION_PARAMETER } from './position/min-position.js';
export { PositionModule, type PositionOptions } from './position/position.interceptor.js';
export { ReadsFrom, type NamedProjection, type ReadSource } from './position/reads-from.js';

// Serve HTTP, and answer problems.
export { configureHttp, type HttpApplication, type HttpOptions } from './http/configure-http.js';
export { InvalidRequest, requestValidationPipe } from './http/request-validation.js';
export { ProblemDetailsFilter, type ProblemDetails } from './problem-details/problem-details.filter.js';
export { DEFAULT_PROBLEM_RULES, type ProblemRule, type ProblemRules } from './problem-details/problem-rules.js';

// Tell health.
export { COMMAND_HEALTH, eventStoreHealth, projectorHealth, reasonOfLook, type CommandHealth, type HealthCheck } from './health/health-check.js';
export { HealthModule, type HealthModuleOptions, type Readiness } from './health/health.module.js';
export { neutralError, neutralReason } from './health/neutral-reason.js';

// Tell figures and traces.
export type { Telemetry } from './telemetry/telemetry.js';
export { loadTelemetry, TelemetryModule, type TelemetryModuleOptions } from './telemetry/telemetry.module.js';

// Run as a process.
export { announce } from './process/log-line.js';
export { listen, runMain, type ListenOptions } from './process/run-application.js';
