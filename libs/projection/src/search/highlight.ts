// Shows the words of a query in a document.
import type { SearchWords } from './search-request.js';
import { normalised, type PlacedWord, placedWordsIn } from './words.js';

/** Longer texts are cut to about this many UTF-16 units around the first hit. */
const LENGTH_MAX = 600;
/** The length shown before the first hit of a cut text. */
const LEAD_LENGTH = 100;

/**
 * The text with the most words of the query, as HTML: escaped, with `<mark>…</mark>` around every hit. The first of
 * equals; empty without texts.
 */
export const highlight = (texts: readonly string[], words: SearchWords): string => {
  const hit = hitTest(words);
  let best: { text: string; hits: readonly PlacedWord[]; words: number } | undefined;
  for (const text of texts.map(normalised)) {
    const hits = placedWordsIn(text).filter(({ word }) => hit(word));
    const different = new Set(hits.map(({ word }) => word)).size;
    if (!best || different > best.words) best = { text, hits, words: different };
  }
  return best ? mark(best.text, best.hits) : '';
};

const hitTest = ({ whole, prefix }: SearchWords): ((word: string) => boolean) => {
  const wanted = new Set(whole);
  return (word) => wanted.has(word) || (prefix !== undefined && word.startsWith(prefix));
};

const mark = (text: string, hits: readonly PlacedWord[]): string => {
  const { from, to } = windowOf(text, hits[0]);
  let html = from > 0 ? '…' : '';
  let done = from;
  for (const { start, end } of hits) {
    if (end > to) break;
    html += `${escape(text.slice(done, start))}<mark>${escape(text.slice(start, end))}</mark>`;
    done = end;
  }
  return html + escape(text.slice(done, to)) + (to < text.length ? '…' : '');
};

const windowOf = (text: string, first: PlacedWord | undefined): { from: number; to: number } => {
  if (text.length <= LENGTH_MAX) return { from: 0, to: text.length };
  const from = Math.max(0, Math.min((first?.start ?? 0) - LEAD_LENGTH, text.length - LENGTH_MAX));
  const to = Math.max(from + LENGTH_MAX, first?.end ?? 0);
  return { from: wholeCharacter(text, from), to: wholeCharacter(text, to) };
};

/** Never between the halves of a surrogate pair. */
const wholeCharacter = (text: string, index: number): number => ((text.codePointAt(index - 1) ?? 0) > 0xffff ? index - 1 : index);

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
