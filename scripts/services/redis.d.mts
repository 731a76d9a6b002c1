// What tests may use of redis.mjs.

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Where it speaks TLS; undefined without a certificate. */
  readonly tlsPort: number | undefined;
  /** Where its dump lies. */
  readonly folder: string;
  readonly version: string;
  readonly pid: number;
  /** Ends it in order, and removes a folder that was made for it. */
  readonly stop: () => Promise<void>;
  /** Ends it as a crash does, and leaves the folder. */
  readonly kill: () => Promise<void>;
}

export interface RedisServerOptions {
  readonly folder?: string;
  readonly port?: number;
  readonly flags?: readonly string[];
  /** Started with `--sentinel`; the first flag is its file of settings. */
  readonly isSentinel?: boolean;
  /** Paths of a certificate and its key: it then speaks TLS on a second port. */
  readonly certificate?: { readonly file: string; readonly keyFile: string };
}

export declare const startRedis: (options?: RedisServerOptions) => Promise<RedisServer>;
