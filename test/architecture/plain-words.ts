// Plain international English, as far as a machine can check it: words that no text uses, and the longest sentence. A
// text is one block of prose: a paragraph of a page, or a comment of a source file. Code in backquotes and quotations
// do not count.

/** The most words of one sentence. */
export const SENTENCE_WORDS_MAX = 30;
/** The most columns of one line of prose. */
export const PROSE_COLUMNS_MAX = 120;

/** A word that no text uses, and what to write in its place. */
export interface BannedWord {
  readonly words: RegExp;
  readonly instead: string;
}

/** Each pattern matches whole words, in any letter case. */
export const bannedWords: readonly BannedWord[] = [
  { words: /\b(?:whoever|whomever|whosoever)\b/gi, instead: 'name the process or the person' },
  { words: /\b(?:somebody|someone)\b/gi, instead: 'name the process or the person: "another process", "an operator"' },
  { words: /\b(?:nobody|no one)\b/gi, instead: 'say "no process", "no reader", or use the passive voice' },
  { words: /\b(?:anybody|anyone|everybody|everyone)\b/gi, instead: 'say "any process", "each reader"' },
  { words: /\b(?:he|him|his|himself|she|her|hers|herself)\b/gi, instead: 'repeat the noun, or say "it" or "they"' },
  { words: /\b(?:thereof|therein|thereby|whereof|whereby|wherein|whereupon|hereby|herein)\b/gi, instead: 'begin a new sentence' },
  {
    words: /\bso (?:is|are|was|were|do|does|did|has|have|can) (?:a|an|the|its|their|those|what|one|every|each|several|all|other)\b/gi,
    instead: 'put the subject first: "The same holds for …"',
  },
  { words: /(?<=^|[.!?] )(?:not )?\w+(?:ed|ic) (?:is|are) (?!for|to|in|on|at|by|not\b)/gi, instead: 'put the subject first' },
  { words: /(?<=^|[.!?;] )(?:were|had|should) (?:it|they|the|a|an|one)\b/gi, instead: 'begin with "if"' },
];

/** What is wrong in one text, each with the words at fault. */
export const unplainIn = (text: string): readonly string[] => [...bannedIn(text), ...longSentencesIn(text)];

/** The banned words in a text, each with what to write instead. */
export const bannedIn = (text: string): readonly string[] => {
  const prose = withoutCode(text);
  return bannedWords.flatMap(({ words, instead }) => [...prose.matchAll(words)].map(([found]) => `"${found}": ${instead}`));
};

/** Sentences of more than SENTENCE_WORDS_MAX words. */
export const longSentencesIn = (text: string): readonly string[] =>
  sentencesOf(withoutCode(text))
    .map((sentence) => ({ sentence, words: sentence.split(' ').filter((word) => /[\p{L}\p{N}]/u.test(word)).length }))
    .filter(({ words }) => words > SENTENCE_WORDS_MAX)
    .map(({ sentence, words }) => `${words} words: "${sentence.slice(0, 80)}…"`);

/** A sentence ends with a mark that a capital, a digit, a quotation, code or an emphasis follows. */
const sentencesOf = (prose: string): readonly string[] => prose.split(/(?<=[.!?]['")*_]*)\s+(?=['"(*_[]*[\p{Lu}\p{N}]|[*_]+\p{L})/u);

/** Code becomes one word, a quotation one word, a link its text. */
const withoutCode = (text: string): string =>
  text
    .replaceAll(/`[^`]*`/g, 'Code')
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/["“][^"”]*["”]/g, 'Quotation')
    .replaceAll(/\s+/g, ' ')
    .trim();
