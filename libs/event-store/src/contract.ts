// The contract of events, for tools: what payload classes declare, what is stored, and which changes break readers.

// Describe.
export { contractsOf, type DeclaredContracts } from './contract/declared-contracts.js';
export { eventName, type EventContract, type EventContracts } from './contract/event-contract.js';
export type { FieldContract, FieldContracts, RuleTerms, ValueContract } from './contract/event-contract.js';
export type { NestedClassOf } from './contract/payload-contract.js';
export { jsonSchemaOf, type JsonSchema } from './contract/json-schema.js';

// Keep.
export { lockText, parseLock } from './contract/lock-text.js';

// Compare.
export { compareContracts } from './contract/compare-contracts.js';
export type { ContractChange, ContractChangeKind } from './contract/contract-change.js';
export { readStoredHistory, type StoredHistory, type StoredHistoryOptions } from './contract/stored-history.js';
export { StoredPayloads, type StoredPayloadsOptions } from './contract/stored-payloads.js';
export { upcasterStub } from './contract/upcaster-stub.js';
