// The read side: projections, the engine that runs them, and the read store port.
export * from './definition/document-projection.js';
export * from './definition/handler-projection.js';
export * from './definition/measures.js';
export * from './definition/roll-up.js';
export * from './definition/wanted-events.js';
export * from './errors.js';
export * from './read-store/checkpoint.js';
export * from './read-store/read-store.js';
