// Texts that some application has used as a key or an error message, and that not every database accepts.
import { createHash } from 'node:crypto';

/** Letters that cannot be compressed to fit a limit. */
const longText = (length: number, seed: string): string => {
  let text = '';
  for (let part = 0; text.length < length; part++) text += createHash('sha256').update(`${seed}${part}`).digest('base64');
  return text.slice(0, length);
};

const LONG = longText(40_000, 'key');

/** All different; each alone is a key. */
export const ODD_TEXTS: readonly string[] = [
  '',
  ' ',
  'a\0b',
  '\0',
  'half \ud83d',
  'half \ude00',
  '\ufffd',
  '$json:"a"',
  '$hash:0',
  'line\nline\r\n\u2028',
  '\u202eevil\u0007\u001b[31m',
  "'; DROP TABLE x; --",
  '"}{%_\\',
  'é',
  'e\u0301',
  '🎉'.repeat(300),
  '__proto__',
  'constructor',
  'שלום עולם',
  'مرحبا \u200f!',
  'א\u0301b\u200d👩‍👩‍👧',
  longText(2_600, 'entry'),
  LONG,
  `${LONG.slice(0, -1)}!`,
  `${LONG}\0\ud800`,
  longText(65_536, 'largest'),
];

/** For messages of failed assertions; different for any two of them. */
export const briefly = (text: string): string =>
  text.length <= 40 ? JSON.stringify(text) : JSON.stringify(`${text.slice(0, 10)} ${text.length} ${text.slice(-4)}`);
