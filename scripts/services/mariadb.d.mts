// What tests may use of mariadb.mjs.

export interface MariadbServer {
  /** Of its user root, who has no password. */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly version: string;
  readonly pid: number;
  /** Ends it in order, and removes a folder that was made for it. */
  readonly stop: () => Promise<void>;
  /** Ends it as a crash does, and leaves the folder. */
  readonly kill: () => Promise<void>;
}

export interface MariadbServerOptions {
  readonly folder?: string;
  readonly port?: number;
  readonly flags?: readonly string[];
  /** Paths of a certificate and its key: it then offers TLS. */
  readonly certificate?: { readonly file: string; readonly keyFile: string };
}

export declare const startMariadb: (options?: MariadbServerOptions) => Promise<MariadbServer>;
