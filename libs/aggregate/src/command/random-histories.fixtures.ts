// Shared by random histories of commands: their seeds, their randomness, and waits that let other work run.

/** The number of histories in one run, and the seed of the first; a long campaign sets both. */
export const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 60);
export const FIRST_SEED = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 1_000_000);

/** Mulberry32. */
export const randomOf = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** Lets other work run for some rounds of the event loop, or only of its microtasks. */
export const dawdle = async (random: () => number): Promise<void> => {
  for (let left = Math.floor(random() * 4); left > 0; left--) {
    if (random() < 0.5) await Promise.resolve();
    else await new Promise((resolve) => setImmediate(resolve));
  }
};
