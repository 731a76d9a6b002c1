// What a decision in a test may look at besides command and state.
import type { Circumstances } from '@mainstem/aggregate';

/** The same in every test: a decision that differs between two runs has looked at something else. */
export const CIRCUMSTANCES: Circumstances = Object.freeze({ now: '2026-01-01T00:00:00.000Z', metadata: Object.freeze({}) });
