// Event ids derived from the command, so that a retried command writes the same events.
import { hash } from 'node:crypto';
import type { EventId, StreamName } from './identifiers.js';

const NAMESPACE = Buffer.from('5f9b1f1e2d5c4b7c8a5d6f3b0c1e9a47', 'hex');

/** A shared buffer for names of ordinary length: nothing waits between writing and hashing. */
const scratch = Buffer.alloc(2_048);
const BYTES_PER_UNIT_MAX = 3;

const namedBytes = (namespace: Uint8Array, name: string): Uint8Array => {
  if (namespace.length + BYTES_PER_UNIT_MAX * name.length > scratch.length) return Buffer.concat([namespace, Buffer.from(name, 'utf8')]);
  scratch.set(namespace);
  return scratch.subarray(0, namespace.length + scratch.write(name, namespace.length, 'utf8'));
};

/** Name-based UUID (version 5, RFC 9562 section 5.5) of a name in a namespace of 16 bytes. */
export const uuidV5 = (namespace: Uint8Array, name: string): string => uuidOf(hash('sha1', namedBytes(namespace, name), 'hex'));

/** The text is made in one piece: put together from parts, it would be copied again by each that reads it. */
const text = Buffer.from('00000000-0000-5000-0000-000000000000', 'latin1');
const VARIANTS = Buffer.from('89ab', 'latin1');
const VERSION_AT = 14;
const VARIANT_AT = 19;

const uuidOf = (digest: string): string => {
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (at === 8 || at === 13 || at === 18 || at === 23) continue;
    if (at === VARIANT_AT) text[at] = VARIANTS[Number.parseInt(digest.charAt(from), 16) & 3] ?? 0;
    else if (at !== VERSION_AT) text[at] = digest.charCodeAt(from);
    from++;
  }
  return text.toString('latin1');
};

/**
 * Id of the n-th event that a command appends to a stream. The stream is part of the name: if a command id is used on
 * two streams by mistake, the two events still get different ids.
 */
export const eventIdOf = (commandId: string, stream: StreamName, index: number): EventId =>
  uuidV5(NAMESPACE, `${stream}\n${commandId}\n${index}`) as EventId;

/** A command id derived from a text that names the command's origin, such as a file and a line. */
export const commandIdOf = (origin: string): string => uuidV5(NAMESPACE, origin);
