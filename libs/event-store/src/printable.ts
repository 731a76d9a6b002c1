// Text of events and errors for a terminal: characters that control the terminal, or reverse its text, are escaped.

/** Control characters, and characters that change the direction of the text after them. */
const ACTING = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Escapes one line, as in JSON. */
export const printable = (text: string): string => text.replace(ACTING, escaped);

/** Escapes text of several lines and keeps its line breaks. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' };

const escaped = (character: string): string => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
