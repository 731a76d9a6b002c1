// Translates errors of Redis into those of the read store. No message and no cause holds a URL, password or command.
import { MainstemError } from '@mainstem/event-store';
import { ReadStoreOverburdened, ReadStoreUnavailable, StatementRefused } from '@mainstem/projection/adapter';
import { InvalidRedisOptions, ReadStorePermissionDenied, ReadStoreReadOnly, ServerCertificateRefused } from '../errors.js';

/** The server accepts no text of this length and closed the connection; nothing was written. */
export class TextTooLong extends ReadStoreUnavailable {}

/** Translates an error of the driver or the server; keeps ours. */
export const translateRedisError = (error: unknown, store: string): MainstemError => {
  if (error instanceof MainstemError) return error;
  const problem = problemOf(error);
  // The driver's errors hold the command with its arguments, such as AUTH with the password or a batch of documents.
  const cause = new Error(problem);
  const code = codeIn(problem);
  if (code === 'READONLY') return new ReadStoreReadOnly(store, 'the server is a replica', cause);
  if (REFUSED_USER.test(problem)) {
    return new ReadStorePermissionDenied(store, `the server refuses the user (${problem.replace(/\.$/, '')})`, cause);
  }
  // An alert comes from the server: it wants a certificate from us.
  if (/certificate/i.test(problem) && !/\balert\b/i.test(problem)) return new ServerCertificateRefused(store, problem, cause);
  if (code === 'MOVED') {
    return new InvalidRedisOptions(
      `the server is one node of a cluster (${problem}); give its address as redis+cluster://…, so that the others are found`,
    );
  }
  if (code === 'OOM') return new ReadStoreUnavailable(store, 'the server has no memory left (maxmemory); give it more.', cause);
  if (isWrong(code, problem)) return new StatementRefused(store, problem, cause);
  if (/invalid bulk length/.test(problem)) return new TextTooLong(store, problem, cause);
  if (TIMEOUT.test(problem)) return new ReadStoreOverburdened(store, problem, cause);
  return new ReadStoreUnavailable(store, problem, cause);
};

/** The first word of a server's error; for an error inside a script, that of the command in it. */
const codeIn = (problem: string): string | undefined => {
  const inner = /user_script: ?\d+: ?-?([A-Z]{3,})\b/.exec(problem)?.[1];
  return inner !== undefined && inner !== 'ERR' ? inner : /^[A-Z]{3,}\b/.exec(problem)?.[0];
};

/** The forms for a command, for a command in a script, and for a server that refuses remote clients. */
const REFUSED_USER = /^(NOAUTH|WRONGPASS|NOPERM|DENIED)\b|invalid password|without any password configured|The user executing the script can't/;

/** Another program's key has one of our names, or the server lacks a command: a retry does not help. */
const isWrong = (code: string | undefined, problem: string): boolean =>
  code === 'WRONGTYPE' ||
  code === 'CROSSSLOT' ||
  (code === 'ERR' && /unknown (redis )?command|wrong number of arg|syntax error|compiling script/i.test(problem));

/** The driver got no answer in time: the server is gone or overloaded. */
const TIMEOUT = /^(Command timed out|Socket timeout)/;

/** In one line. The message is inside the error if a name has several addresses, or no node of a cluster answers. */
const problemOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(problemOf).join('; ');
  if (!(error instanceof Error)) return String(error);
  const inner = 'lastNodeError' in error && error.lastNodeError instanceof Error ? ` (${problemOf(error.lastNodeError)})` : '';
  return `${error.message || error.name}${inner}`;
};
