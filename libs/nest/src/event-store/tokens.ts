// Injection tokens for interfaces of the core libraries.
import { Inject } from '@nestjs/common';

/** The application's `EventStore` (reader and writer). */
export const EVENT_STORE = Symbol.for('mainstem:event-store');
/** The application's `Runtime`: time, timers, ids, randomness. */
export const RUNTIME = Symbol.for('mainstem:runtime');

/** Injects the application's `EventStore`. */
export const InjectEventStore = (): ParameterDecorator & PropertyDecorator => Inject(EVENT_STORE);
/** Injects the application's `Runtime`. */
export const InjectRuntime = (): ParameterDecorator & PropertyDecorator => Inject(RUNTIME);
