// Which events of $all a client wants: by stream name or event type, by prefixes or a regular expression.
import { FilterNotSupported } from '../errors.js';

export interface LogFilter {
  readonly isMatch: (stream: string, type: string) => boolean;
}

/** What a filter looks at. */
export type FilterSubject = 'stream' | 'type';

export interface FilterExpression {
  readonly regex: string;
  readonly prefixes: readonly string[];
}

/** A regular expression replaces prefixes; without both, all match. Errors: EVENT_STORE_SERVER_FILTER_NOT_SUPPORTED. */
export const filterOf = (on: FilterSubject, expression: FilterExpression): LogFilter => {
  const isWanted = namesOf(expression);
  return { isMatch: on === 'stream' ? isWanted : (_stream, type) => isWanted(type) };
};

const namesOf = ({ regex, prefixes }: FilterExpression): ((name: string) => boolean) => {
  if (regex === '') return (name) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix));
  const expression = compile(regex);
  return (name) => expression.test(name);
};

const compile = (regex: string): RegExp => {
  try {
    return new RegExp(translate(regex), 'u');
  } catch (error) {
    throw new FilterNotSupported(regex, error);
  }
};

// JavaScript's Unicode mode allows an escape only for these characters; .NET allows it for any punctuation.
const ESCAPABLE = new Set('^$\\.*+?()[]{}|/');
// .NET's character classes are those of Unicode; JavaScript's are those of ASCII.
const CLASSES: Readonly<Record<string, { readonly inside: string; readonly outside: string }>> = {
  d: { inside: '\\p{Nd}', outside: '\\p{Nd}' },
  D: { inside: '\\P{Nd}', outside: '\\P{Nd}' },
  w: { inside: '\\p{L}\\p{Mn}\\p{Nd}\\p{Pc}', outside: '[\\p{L}\\p{Mn}\\p{Nd}\\p{Pc}]' },
  W: { inside: '\\W', outside: '[^\\p{L}\\p{Mn}\\p{Nd}\\p{Pc}]' },
  A: { inside: '\\A', outside: '^' },
  z: { inside: '\\z', outside: '$' },
};

/** Translates .NET's syntax into JavaScript's if both have it; other .NET syntax stays, and the compiler refuses it. */
const translate = (regex: string): string => {
  let result = '';
  let isInClass = false;
  for (let index = 0; index < regex.length; index++) {
    const character = regex.charAt(index);
    if (character !== '\\') {
      if (character === '[') isInClass = true;
      if (character === ']') isInClass = false;
      result += character;
      continue;
    }
    const escaped = regex.charAt(++index);
    const known = CLASSES[escaped];
    if (known) result += isInClass ? known.inside : known.outside;
    else if (/[!-/:-@[-`{-~]/.test(escaped) && !ESCAPABLE.has(escaped)) result += isInClass && escaped === '-' ? '\\-' : escaped;
    else result += `\\${escaped}`;
  }
  return result;
};
