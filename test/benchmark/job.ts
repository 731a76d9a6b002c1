// A benchmark job: work on given data, measured inside its own process.

export interface JobContext {
  /** Empty folder of this job. */
  readonly dir: string;
  /** Folder with the event store that holds the data; read only. */
  readonly eventsDir: string;
  /** The same data as a file, one event a line, gzipped. */
  readonly file: string;
  /** Events in the data. */
  readonly events: number;
  /** Server for read models, with a schema for this job alone. */
  readonly postgresUrl: string;
  /** Schema of a log with the data on that server; read only. Empty: no chosen measurement needs it. */
  readonly postgresLog: string;
}

/** The result of one run of a job. */
export interface Sample {
  /** Events or commands done. */
  readonly units: number;
  readonly wallMs: number;
  /** User and system time of all threads of the process. */
  readonly cpuMs: number;
  /** Of the job's sessions on the server; left out where that is not measured. */
  readonly serverCpuMs?: number;
  /** Other figures by name, with their unit last. */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface FinishedJob extends Sample {
  /** Highest resident memory of the process, its start included. */
  readonly memoryMib: number;
}

export type Job = (context: JobContext) => Promise<Sample>;

/** Measures what `work` takes; it returns how many units it did. */
export const measured = async (work: () => Promise<number>): Promise<Sample> => {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const units = await work();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { units, wallMs, cpuMs: (user + system) / 1_000 };
};

/** Jobs check their own results: a fast loop that does less work is no ceiling. */
export const expectSame = (what: string, actual: unknown, expected: unknown): void => {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)} instead of ${String(expected)}`);
};
