// Refuses bytes that are no UTF-8: their replacements would be stored and searched as if the client had sent them.
import { isUtf8 } from 'node:buffer';
import { BadRequestException, UnsupportedMediaTypeException } from '@nestjs/common';

interface Request {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const NOT_ASCII = /[^\x21-\x7e]/;
const STRAY_PERCENT = /%(?![0-9A-Fa-f]{2})/g;

/** Headers of a command's context: their reader refuses them with the name of the header. */
const CHECKED_LATER = ['idempotency-key', 'correlation-id', 'x-correlation-id'];

/** Middleware for path, query and headers. Answers 400. */
export const refuseUnreadable = ({ url, headers }: Request, _: unknown, next: (error?: unknown) => void): void => {
  if (NOT_ASCII.test(url)) return next(unreadable('the address', 'Write what is not ASCII percent-encoded.'));
  if (url.includes('%') && !isDecodable(url)) return next(unreadable('the address'));
  for (const [name, value] of Object.entries(headers)) {
    // Node returns each byte of a header as one character.
    if (typeof value === 'string' && !CHECKED_LATER.includes(name) && !isUtf8(Buffer.from(value, 'latin1')))
      return next(unreadable(`the header ${name}`));
  }
  next();
};

/**
 * `verify` of the body parser, before anything is parsed. Accepts only UTF-8, because decoders of other charsets
 * replace invalid bytes. Answers 415 to another charset, 400 to bytes that are no UTF-8.
 */
export const refuseUnreadableBody = (_request: unknown, _response: unknown, body: Buffer, charset = 'utf-8'): void => {
  if (charset.toLowerCase() !== 'utf-8') throw otherCharset(charset);
  if (!isUtf8(body)) throw unreadable('the body');
};

// The body parser reads `status`, which Nest's exceptions do not expose.
const otherCharset = (charset: string): Error =>
  Object.assign(new UnsupportedMediaTypeException(`Send the body in UTF-8, not in ${charset}.`), { status: 415 });

const unreadable = (what: string, advice = 'Send text in UTF-8.'): Error =>
  Object.assign(new BadRequestException(`${what.charAt(0).toUpperCase()}${what.slice(1)} is not valid UTF-8. ${advice}`), { status: 400 });

const isDecodable = (url: string): boolean => {
  try {
    decodeURIComponent(url.replace(STRAY_PERCENT, '%25'));
    return true;
  } catch {
    return false;
  }
};
