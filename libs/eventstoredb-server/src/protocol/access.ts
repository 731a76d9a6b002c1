// Who may call: everyone where no administrator is named, else whoever has the administrator's password.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import { accessDenied, unauthenticated } from './failures.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export class Access {
  /** Who all callers are, once they were checked. */
  readonly user: string;
  readonly #expected: Buffer | undefined;

  /** Without credentials every caller is the administrator, as on an insecure EventStoreDB. */
  constructor(administrator: Credentials | undefined) {
    this.user = administrator?.username ?? 'anonymous';
    this.#expected = administrator && digestOf(`${administrator.username}:${administrator.password}`);
  }

  /** Throws the failure that the call is to be answered with: PERMISSION_DENIED without credentials, UNAUTHENTICATED with wrong ones. */
  check(metadata: Metadata): void {
    if (!this.#expected) return;
    const [authorization] = metadata.get('authorization');
    if (authorization === undefined) throw accessDenied();
    const [, encoded] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(String(authorization)) ?? [];
    const given = digestOf(Buffer.from(encoded ?? '', 'base64').toString());
    if (!timingSafeEqual(given, this.#expected)) throw unauthenticated();
  }
}

// Digests have one length, whatever the password: comparing them tells nothing about it.
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
