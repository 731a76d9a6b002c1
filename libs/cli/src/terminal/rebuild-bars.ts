// Progress of a rebuild: a bar for each projection on a terminal, otherwise a line now and then.
import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { RebuildProgress } from '@mainstem/projection/operate';
import { printable } from '@mainstem/event-store';
import { count, duration } from '../format/amounts.js';
import { nameOf } from '../format/name-of.js';
import type { Terminal } from './terminal.js';

const LINE_EVERY_MS = 5_000;
const FORMAT = '  {name} {bar} {percentage} %  {events} events  {rate}/s  {left}  {phase}';

export class RebuildBars {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  /** Keyed by store and name. */
  readonly #bars = new Map<string, SingleBar>();
  /** Keyed by store and name. */
  readonly #told = new Map<string, string>();
  #multi: MultiBar | undefined;
  #lastLineAt: number;

  constructor(terminal: Terminal, now: () => number) {
    this.#terminal = terminal;
    this.#now = now;
    this.#lastLineAt = now();
  }

  update(progress: readonly RebuildProgress[]): void {
    if (this.#terminal.isInteractive) this.#draw(progress);
    else this.#write(progress);
  }

  stop(): void {
    this.#multi?.stop();
  }

  #draw(progress: readonly RebuildProgress[]): void {
    const stream = this.#terminal.errorStream;
    this.#multi ??= new MultiBar({ format: FORMAT, stream, hideCursor: true, gracefulExit: false, barsize: 24 }, Presets.shades_classic);
    const names = progress.map((one) => nameOf(one, progress));
    const width = Math.max(...names.map(({ length }) => length));
    for (const [place, one] of progress.entries()) {
      const figures = describe(one);
      // A bar writes to the terminal without `say`.
      const values = { name: (names[place] ?? '').padEnd(width), ...figures, phase: printable(figures.phase) };
      const total = Math.max(1, Number(one.eventsTotal ?? 1n));
      const bar = this.#bars.get(keyOf(one)) ?? this.#multi.create(total, 0, values);
      this.#bars.set(keyOf(one), bar);
      bar.setTotal(total);
      bar.update(Number(one.eventsDone ?? 0n), values);
    }
  }

  /** Reports changes at once, and progress every five seconds. */
  #write(progress: readonly RebuildProgress[]): void {
    for (const one of progress) {
      const { generation, phase, reason } = one;
      const text = END_PHASES.get(phase) ?? (reason === undefined ? undefined : `waits: ${reason}`);
      if (text === undefined || this.#told.get(keyOf(one)) === text) continue;
      this.#told.set(keyOf(one), text);
      this.#terminal.say(`  ${nameOf(one, progress)}: generation ${generation} ${text}`);
    }
    if (this.#now() - this.#lastLineAt < LINE_EVERY_MS) return;
    this.#lastLineAt = this.#now();
    const working = progress.filter(({ phase }) => !END_PHASES.has(phase));
    for (const one of slowest(working)) this.#terminal.say(`  ${lineOf(one, nameOf(one, progress), working.length)}`);
  }
}

const END_PHASES: ReadonlyMap<RebuildProgress['phase'], string> = new Map([
  ['serving', 'serves'],
  ['failed', 'has failed'],
  ['interrupted', 'was interrupted'],
]);

const keyOf = ({ store, projection }: RebuildProgress): string => JSON.stringify([store, projection]);

const slowest = (progress: readonly RebuildProgress[]): readonly RebuildProgress[] => {
  const [first] = progress.toSorted((left, right) => Number((left.eventsDone ?? 0n) - (right.eventsDone ?? 0n)));
  return first ? [first] : [];
};

const lineOf = (progress: RebuildProgress, name: string, working: number): string => {
  const { events, percent, rate, left, phase } = describe(progress);
  return `${working} at work, the slowest ${name}: ${percent} %  ${events} events  ${rate}/s  ${left}  ${phase}`;
};

/** The figures of one projection's progress, for people. */
export const describe = ({
  phase,
  reason,
  eventsDone,
  eventsTotal,
  eventsPerSecond,
  etaMs,
}: RebuildProgress): { readonly events: string; readonly percent: number; readonly rate: string; readonly left: string; readonly phase: string } => ({
  events: eventsDone === undefined || eventsTotal === undefined ? '?' : `${count(eventsDone)} of ${count(eventsTotal)}`,
  percent: eventsTotal === undefined || eventsTotal === 0n ? 0 : Number(((eventsDone ?? 0n) * 100n) / eventsTotal),
  rate: count(eventsPerSecond),
  left: etaMs === undefined || END_PHASES.has(phase) ? '' : `${duration(etaMs)} left`,
  phase: reason === undefined ? phase : `${phase}: ${reason}`,
});
