// Public surface of @mainstem/testing: contract suites and harnesses, free of a test runner.
export { type ContractCase, type ContractRunner, type ContractSuite, registerContract } from './contract-suite.js';
export * from './cache-contract/index.js';
export { eventStoreContract, type EventStoreFixture } from './event-store-contract/index.js';
export { aggregateProperties, type AggregatePropertiesOptions } from './aggregate/aggregate-properties.js';
export { type ErrorClass, given, type Then, type When } from './aggregate/given.js';
export * from './read-store-contract/index.js';
export * from './search-contract/index.js';
export { SimulationStuck } from './faults/errors.js';
export { seededRandom, type SeededRandom } from './faults/seeded-random.js';
export { SeededRuntime, type SeededRuntimeOptions } from './faults/seeded-runtime.js';
export { type TcpFault, TcpProxy, type TcpProxyOptions } from './faults/tcp-proxy.js';
export * from './projection/given-events.js';
export { foldProjection, MemoryReadStore, type FoldedCollections, type MemorySession, type MemoryTransaction } from '@mainstem/projection/adapter';
