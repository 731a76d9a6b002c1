// Medians of the rounds, their meaning for the targets, and their presentation.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FinishedJob } from './job.js';
import type { Machine } from './machine.js';
import type { Measurement, Targets } from './measurements.js';

export interface Outcome {
  readonly job: string;
  readonly title: string;
  readonly unit: string;
  /** Medians. */
  readonly perSecond: number;
  readonly ceilingPerSecond: number | null;
  /** Ours over the ceiling: of wall time, and of processor time, which neighbours on the machine disturb less. */
  readonly ratio: number | null;
  readonly cpuRatio: number | null;
  readonly seconds: number;
  readonly memoryMib: number;
  readonly figures: Readonly<Record<string, number>>;
  /** Each target with what was measured. */
  readonly targets: readonly string[];
  readonly areTargetsMet: boolean | null;
  readonly rounds: { readonly ours: readonly FinishedJob[]; readonly ceiling: readonly FinishedJob[] };
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
};

/** The server's sessions included, where they are measured. */
const cpuMsOfUnit = ({ units, cpuMs, serverCpuMs = 0 }: FinishedJob): number => (cpuMs + serverCpuMs) / units;

/** What a unit takes of a processor, ours and the ceiling's, where the server's part is measured. */
const serverFigures = (ours: readonly FinishedJob[], ceiling: readonly FinishedJob[]): Readonly<Record<string, number>> => {
  if (ours.every(({ serverCpuMs }) => serverCpuMs === undefined)) return {};
  const microseconds = (runs: readonly FinishedJob[], of: (run: FinishedJob) => number): number => median(runs.map(of)) * 1_000;
  const inServer = ({ units, serverCpuMs = 0 }: FinishedJob): number => serverCpuMs / units;
  return {
    cpuUs: microseconds(ours, cpuMsOfUnit),
    ofThatInServerUs: microseconds(ours, inServer),
    ...(ceiling.length > 0 && { ceilingCpuUs: microseconds(ceiling, cpuMsOfUnit), ofThatInServerCeilingUs: microseconds(ceiling, inServer) }),
  };
};

export const outcomeOf = (
  { job, title, unit, targets = {} }: Measurement,
  ours: readonly FinishedJob[],
  ceiling: readonly FinishedJob[],
): Outcome => {
  const rate = (runs: readonly FinishedJob[]): number => median(runs.map(({ units, wallMs }) => (units / wallMs) * 1_000));
  const cpu = (runs: readonly FinishedJob[]): number => median(runs.map(cpuMsOfUnit));
  const perSecond = rate(ours);
  const ceilingPerSecond = ceiling.length > 0 ? rate(ceiling) : null;
  const names = Object.keys(ours[0]?.figures ?? {});
  const measured = {
    perSecond,
    ratio: ceilingPerSecond === null ? null : perSecond / ceilingPerSecond,
    cpuRatio: ceilingPerSecond === null ? null : cpu(ceiling) / cpu(ours),
    seconds: median(ours.map(({ wallMs }) => wallMs / 1_000)),
    memoryMib: median(ours.map(({ memoryMib }) => memoryMib)),
    figures: {
      ...Object.fromEntries(names.map((name) => [name, median(ours.map(({ figures }) => figures?.[name] ?? NaN))])),
      ...serverFigures(ours, ceiling),
    },
  };
  const judged = judge(targets, measured);
  return {
    job,
    title,
    unit,
    ceilingPerSecond,
    ...measured,
    targets: judged.map(({ text, isMet }) => `${text}: ${isMet ? 'met' : 'missed'}`),
    areTargetsMet: judged.length === 0 ? null : judged.every(({ isMet }) => isMet),
    rounds: { ours, ceiling },
  };
};

type Measured = Pick<Outcome, 'perSecond' | 'ratio' | 'seconds' | 'memoryMib' | 'figures'>;

const judge = (targets: Targets, measured: Measured): readonly { readonly text: string; readonly isMet: boolean }[] => {
  const { ratioMin, rateMin, secondsMax, memoryMaxMib, figuresMax = {} } = targets;
  const least = (name: string, min: number | undefined, value: number | null) =>
    min === undefined || value === null ? [] : [{ text: `${name} ≥ ${min}`, isMet: value >= min }];
  const most = (name: string, max: number | undefined, value: number) =>
    max === undefined ? [] : [{ text: `${name} ≤ ${max}`, isMet: value <= max }];
  return [
    ...least('ratio', ratioMin, measured.ratio),
    ...least('per second', rateMin, measured.perSecond),
    ...most('seconds', secondsMax, measured.seconds),
    ...most('MiB', memoryMaxMib, measured.memoryMib),
    ...Object.entries(figuresMax).flatMap(([name, max]) => most(name, max, measured.figures[name] ?? Infinity)),
  ];
};

const rounded = (value: number | null, digits = 0): string =>
  value === null ? '–' : value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits });

/** A table in Markdown, so that it can be put into a page as it is. */
export const printTable = (machine: Machine, events: number, outcomes: readonly Outcome[]): void => {
  const { cpu, cores, memoryGib, system, node, sqlite, postgres, flushP50Ms } = machine;
  const lines = [
    `${cpu}, ${cores} cores, ${memoryGib} GiB, ${system}; Node ${node}, SQLite ${sqlite}, PostgreSQL ${postgres ?? 'not found'}; ` +
      `a flush takes ${rounded(flushP50Ms, 2)} ms. ${rounded(events)} events.`,
    '',
    '| what | ours | ceiling | ratio | ratio of CPU | seconds | MiB | targets |',
    '| --- | --: | --: | --: | --: | --: | --: | --- |',
    ...outcomes.map(
      (one) =>
        `| ${one.title} | ${rounded(one.perSecond)} ${one.unit} | ${rounded(one.ceilingPerSecond)} | ${rounded(one.ratio, 2)} | ` +
        `${rounded(one.cpuRatio, 2)} | ${rounded(one.seconds, 1)} | ${rounded(one.memoryMib)} | ${one.targets.join('; ')} |`,
    ),
    '',
    ...outcomes.flatMap(({ title, figures }) => Object.entries(figures).map(([name, value]) => `- ${title}: ${name} ${rounded(value, 1)}`)),
  ];
  console.log(lines.join('\n'));
};

export const writeJson = async (file: string, results: object): Promise<void> => {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
  console.error(`Figures in ${file}`);
};
