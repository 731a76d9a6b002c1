// How large the heap of a command may become.
import { setFlagsFromString } from 'node:v8';

/** By how much more than what is alive, in percent. */
const GARBAGE_PERCENT = 30;

/**
 * Makes V8 collect garbage once the heap has grown by 30 %, for this process and from now on. Left to itself V8 lets it grow to several times
 * what is alive while there is memory, and a rebuild of millions of events makes much garbage: a tenth to a quarter of the memory, for no processor time
 * that could be measured. It bounds garbage only: what is alive may still be as large as it has to be.
 */
export const keepHeapSmall = (): void => setFlagsFromString(`--heap-growing-percent=${GARBAGE_PERCENT}`);
