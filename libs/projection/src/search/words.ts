// The definition of a word. Documents, queries and highlights all use it, so they cannot disagree.

// A letter or digit and what belongs to it; marks belong to their letter.
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;

/** Raise it when the definition of a word changes: every index is then made anew. */
export const WORDS_VERSION = 2;

/** The form in which text is split: canonically equivalent spellings become one. */
export const normalised = (text: string): string => text.normalize('NFC');

/** The words of a text, letter case folded, in order: runs of letters and digits, without stemming. */
export const wordsIn = (text: string): string[] => (normalised(text).match(WORD) ?? []).map(lowered);

// Folded letter by letter, because neighbours must not count: a prefix ends inside a word. Through the capital, so that
// letters with one capital become one: both small sigmas, ß and ss.
const lowered = (word: string): string => {
  if (ASCII.test(word)) return word.toLowerCase();
  let folded = '';
  for (const letter of word) folded += letter.toLowerCase().toUpperCase().toLowerCase();
  // A capital may split into a letter and its marks.
  return normalised(folded);
};

const ASCII = /^[\0-\x7f]*$/;

/** A word of a normalised text, and where it stands there. */
export interface PlacedWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

export const placedWordsIn = (normalisedText: string): PlacedWord[] =>
  [...normalisedText.matchAll(WORD)].map(({ 0: word, index }) => ({ word: lowered(word), start: index, end: index + word.length }));
