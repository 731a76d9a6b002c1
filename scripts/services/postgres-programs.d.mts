// What tests may use of postgres-programs.mjs.

export interface Programs {
  /** Holds `bin`. */
  readonly home: string;
  /** By the operating system: any user may run them where they are. */
  readonly isInstalled: boolean;
}

/** The versions that can be had. */
export declare const postgresVersions: readonly number[];
export declare const programsOfVersion: (version: number) => Promise<Programs>;
export declare const anyPrograms: () => Programs | undefined;
