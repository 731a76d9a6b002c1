// Whoever reads this comment finds a word that no text uses.

/**
 * This sentence has more words than a sentence of this project may have, because it goes on and on, adds one clause
 * after the other, and does not stop when it should have.
 */
/** This comment is short enough in words, and `whoever` is code; but its line does not fit: a screen shows only so many. */
export const answerOf = (nobody: string): string => `nobody knows ${nobody}`; // what he asked for

export const nameOfTest = 'is told to somebody who waits';
