// What goes wrong in Redis and on the way to it, in the words of the read store. No message and no cause holds a URL, a password or a command.
import { MainstemError } from '@mainstem/event-store';
import { ReadStoreOverburdened, ReadStoreUnavailable, StatementRefused } from '@mainstem/projection/adapter';
import { InvalidRedisOptions, ReadStorePermissionDenied, ReadStoreReadOnly, ServerCertificateRefused } from './errors.js';

/** The server takes no text of this length, and ended the connection; nothing was written. */
export class TextTooLong extends ReadStoreUnavailable {}

/** Translates an error of the driver or the server; ours pass as they are. */
export const translateRedisError = (error: unknown, store: string): MainstemError => {
  if (error instanceof MainstemError) return error;
  const problem = problemOf(error);
  // The driver's errors carry the command with its arguments, such as AUTH with the password or a batch of documents.
  const cause = new Error(problem);
  const code = codeIn(problem);
  if (code === 'READONLY') return new ReadStoreReadOnly(store, 'the server is a replica', cause);
  if (REFUSED_USER.test(problem)) {
    return new ReadStorePermissionDenied(store, `the server refuses the user (${problem.replace(/\.$/, '')})`, cause);
  }
  // An alert comes from the other side: it is the server that misses a certificate then.
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

/** What the server begins an error with; of one inside a script, what the command in it said. */
const codeIn = (problem: string): string | undefined => {
  const inner = /user_script: ?\d+: ?-?([A-Z]{3,})\b/.exec(problem)?.[1];
  return inner !== undefined && inner !== 'ERR' ? inner : /^[A-Z]{3,}\b/.exec(problem)?.[0];
};

/** As a command, as a command in a script, and by a server that lets nobody in from elsewhere. */
const REFUSED_USER = /^(NOAUTH|WRONGPASS|NOPERM|DENIED)\b|invalid password|without any password configured|The user executing the script can't/;

/** Another program's key has the name of one of ours, or the server lacks a command: that does not change by itself. */
const isWrong = (code: string | undefined, problem: string): boolean =>
  code === 'WRONGTYPE' ||
  code === 'CROSSSLOT' ||
  (code === 'ERR' && /unknown (redis )?command|wrong number of arg|syntax error|compiling script/i.test(problem));

/** Of the driver: no answer in time, whether the server is gone or has too much to do at once. */
const TIMEOUT = /^(Command timed out|Socket timeout)/;

/** In one line. A refused connection to a name with several addresses has its message inside, and so has a cluster none of whose nodes answers. */
const problemOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(problemOf).join('; ');
  if (!(error instanceof Error)) return String(error);
  const inner = 'lastNodeError' in error && error.lastNodeError instanceof Error ? ` (${problemOf(error.lastNodeError)})` : '';
  return `${error.message || error.name}${inner}`;
};
