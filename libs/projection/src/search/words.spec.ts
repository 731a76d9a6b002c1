// One definition of words for documents, queries and highlights: letter case does not count, wherever a word ends.
import { describe, expect, it } from 'vitest';
import { placedWordsIn, wordsIn } from './words.js';

describe('words', () => {
  it.each([
    ['ΟΔΥΣΣΕΑΣ', 'οδυσσεας'],
    ['ΟΔΥΣΣΕΑΣ', 'οδυσσεασ'],
    ['STRASSE', 'Straße'],
    ['STRAẞE', 'Straße'],
    ['ταΐζω', 'ΤΑΪ́ΖΩ'],
    ['ﬁn', 'FIN'],
    ['ÉCOLE', 'école'],
    ['МОСКВА', 'москва'],
    ['ԵՐԵՎԱՆ', 'երեվան'],
    ['e\u0301cole', 'école'],
  ])('are the same in %s and %s', (one, other) => expect(wordsIn(one)).toEqual(wordsIn(other)));

  it.each(['ΟΔΥΣΣΕΑΣ', 'Κωνσταντίνος', 'STRASSE', 'İstanbul', 'Ωμέγα'])('begin with every beginning of %s, in capitals and small letters', (word) => {
    const [whole = ''] = wordsIn(word);
    const letters = [...word.normalize('NFC')];
    for (let length = 1; length <= letters.length; length++) {
      const beginning = letters.slice(0, length).join('');
      expect(whole.startsWith(wordsIn(beginning)[0] ?? '?')).toBe(true);
      expect(whole.startsWith(wordsIn(beginning.toUpperCase())[0] ?? '?')).toBe(true);
    }
  });

  it('are the same for each letter and its own capital', () => {
    const apart: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const letter = String.fromCodePoint(code);
      if (!/^\p{L}$/u.test(letter)) continue;
      const [one] = wordsIn(letter);
      const [other] = wordsIn(letter.toUpperCase());
      if (one !== other) apart.push(letter);
    }
    expect(apart).toEqual([]);
  }, 30_000);

  it.each([
    ["don't A-12 snake_case", ['don', 't', 'a', '12', 'snake', 'case']],
    ['東京都庁 は ひらがな', ['東京都庁', 'は', 'ひらがな']],
    ['Привет, МИР', ['привет', 'мир']],
    ['ICI ıcı', ['ici', 'ici']],
    ['Ａ ﬁ カ', ['ａ', 'fi', 'カ']],
  ])('of %s are these', (text, words) => expect(wordsIn(text)).toEqual(words));

  it('keep accents apart', () => expect(wordsIn('ecole')).not.toEqual(wordsIn('école')));

  it('have their place in the text, whatever their folded length', () => {
    expect(placedWordsIn('Große STRASSE')).toEqual([
      { word: 'grosse', start: 0, end: 5 },
      { word: 'strasse', start: 6, end: 13 },
    ]);
  });
});
