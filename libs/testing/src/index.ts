// For tests, with any test runner: given/when/then, the contracts of the ports, and faults.

// Test an aggregate.
export { aggregateProperties, type AggregatePropertiesOptions } from './aggregate/aggregate-properties.js';
export { given, type ErrorClass, type Then, type When } from './aggregate/given.js';

// Test a projection.
export { foldProjection, MemoryReadStore, type FoldedCollections, type MemorySession, type MemoryTransaction } from '@mainstem/projection/adapter';
export { givenEvents, type GivenEvent, type ProjectionScenario } from './projection/given-events.js';

// Test a process manager or a reactor.
export { givenProcess, type ProcessScenario, type ThenProcess, type WhenProcess } from './process/given-process.js';
export { givenReactor, type ReactorScenario } from './process/given-reactor.js';
export { accepted, declined, failed, late, passed, succeeded, type HappenedEvent, type ProcessInput, type Refusal } from './process/process-input.js';

// Test an adapter against the contract of its port.
export { registerContract, type ContractCase, type ContractRunner, type ContractSuite } from './contract-suite.js';
export { eventStoreContract, type EventStoreFixture } from './event-store-contract/index.js';
export * from './read-store-contract/index.js';
export * from './cache-contract/index.js';
export * from './search-contract/index.js';
export { snapshotStoreContract, type SnapshotStoreFixture, type SnapshotStoreUnderTest } from './snapshot-store-contract/index.js';

// Make time, chance and the network repeatable.
export { SimulationStuck } from './faults/errors.js';
export { seededRandom, type SeededRandom } from './faults/seeded-random.js';
export { SeededRuntime, type SeededRuntimeOptions } from './faults/seeded-runtime.js';
export { TcpProxy, type TcpFault, type TcpProxyOptions } from './faults/tcp-proxy.js';
