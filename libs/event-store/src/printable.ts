// Text of events and errors as a terminal may get it: what would act on the terminal, or turn its lines round, is shown instead.

/** Control characters, and those that change the direction of what follows. */
const ACTING = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** One line. Escaped as in JSON. */
export const printable = (text: string): string => text.replace(ACTING, escaped);

/** The same for text of several lines, which stay lines. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' };

const escaped = (character: string): string => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
