// Parsers that several settings share.
import { SettingsInvalid } from './errors.js';
import type { Given } from './setting.js';

type Parse<Value> = (text: string, given: Given) => Value;

/** Digits beyond these make no whole number that is exact. */
const DIGITS_MAX = 15;

/** One of these words. */
export const oneOf =
  <const Word extends string>(...words: readonly Word[]): Parse<Word> =>
  (text, given) => {
    const word = words.find((one) => one === text);
    if (word === undefined) throw given.mustBe(words.join(' or '));
    return word;
  };

/** `on` or `off`. */
export const isOn: Parse<boolean> = (text, given) => oneOf('on', 'off')(text, given) === 'on';

/** Digits alone; both bounds count. */
export const wholeNumber =
  (least: number, most: number): Parse<number> =>
  (text, given) => {
    const value = text.length <= DIGITS_MAX && /^[0-9]+$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) throw given.mustBe(`a whole number from ${least} to ${most}`);
    return value;
  };

/** undefined for no value, else what `parse` makes of it. */
export const optional =
  <Value>(parse: Parse<Value>): Parse<Value | undefined> =>
  (text, given) =>
    text === '' ? undefined : parse(text, given);

/** Parts between commas, without white space around them and without empty ones. */
export const list = (text: string): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/**
 * Whether all texts of a group are given, by their settings' names; false if none is. Errors: SETTINGS_INVALID for the
 * first missing one.
 */
export const areGiven = (texts: Readonly<Record<string, string>>): boolean => {
  const names = Object.keys(texts);
  const missing = names.filter((name) => texts[name] === '');
  const [first] = missing;
  if (first === undefined) return true;
  if (missing.length === names.length) return false;
  throw new SettingsInvalid(first, `is missing; ${names.join(' and ')} go together`);
};
