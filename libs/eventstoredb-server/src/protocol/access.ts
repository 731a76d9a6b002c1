// Who may call: every client if no administrator is named, else only clients with the administrator's password.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import { accessDenied, unauthenticated } from './failures.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export class Access {
  /** The user as whom checked calls run. */
  readonly user: string;
  readonly #expected: Buffer | undefined;

  /** Without credentials in the settings every caller is the administrator, as on an insecure EventStoreDB. */
  constructor(administrator: Credentials | undefined) {
    this.user = administrator?.username ?? 'anonymous';
    this.#expected = administrator && digestOf(`${administrator.username}:${administrator.password}`);
  }

  /** Throws the answer to a refused call: PERMISSION_DENIED without credentials, UNAUTHENTICATED with wrong ones. */
  check(metadata: Metadata): void {
    if (!this.#expected) return;
    const [authorization] = metadata.get('authorization');
    if (authorization === undefined) throw accessDenied();
    const [, encoded] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(String(authorization)) ?? [];
    const given = digestOf(Buffer.from(encoded ?? '', 'base64').toString());
    if (!timingSafeEqual(given, this.#expected)) throw unauthenticated();
  }
}

// Digests have a fixed length, so comparing them reveals nothing about the password.
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
