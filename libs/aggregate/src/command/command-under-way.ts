// Commands between call and answer: each ends by its answer, by its signal, or by the time limit of those without one.
import { OperationAborted, type Runtime, type StreamName } from '@mainstem/event-store';
import { CommandTimedOut } from '../errors.js';
import type { CommandResult } from './command-result.js';

const nothing = (): void => undefined;

/** One running call of the executor. It is settled once; code that works on it checks `isOver`. */
export class CommandUnderWay {
  /** A list with the answer of each command, or that of the only one. */
  readonly answer: Promise<readonly CommandResult[] | CommandResult | undefined>;
  readonly startedMs: number;
  isOver = false;
  /** What it waits for, in words. */
  waitsFor = 'its turn';
  /** Called when it was ended from outside: by its signal or its time limit. */
  onEnded: (() => void) | undefined;
  /** Its neighbours among the running commands, in order of arrival. */
  earlier: CommandUnderWay | undefined;
  later: CommandUnderWay | undefined;
  #resolve: (answer: readonly CommandResult[] | CommandResult | undefined) => void = nothing;
  #reject: (error: unknown) => void = nothing;
  /** Made for a signal alone: most commands have none. */
  #abort: (() => void) | undefined;

  constructor(
    readonly stream: StreamName,
    readonly signal: AbortSignal | undefined,
    private readonly watch: CommandWatch,
    /** The only command's answer is given without a list around it. */
    private readonly isOne: boolean,
  ) {
    this.startedMs = watch.now();
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    watch.add(this);
    if (signal) this.#listen(signal);
  }

  resolve(answer: readonly CommandResult[]): void {
    if (this.#settle()) this.#resolve(this.isOne ? answer[0] : answer);
  }

  reject(error: unknown): void {
    if (this.#settle()) this.#reject(error);
  }

  /** Ends it from outside. */
  end(error: unknown): void {
    const { onEnded } = this;
    this.reject(error);
    onEnded?.();
  }

  #listen(signal: AbortSignal): void {
    const abort = (): void => this.end(new OperationAborted(`The command, while it waited for ${this.waitsFor},`, signal.reason));
    if (signal.aborted) return abort();
    this.#abort = abort;
    signal.addEventListener('abort', abort);
  }

  #settle(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    // A signal may outlive millions of commands, so every listener is removed.
    if (this.#abort) this.signal?.removeEventListener('abort', this.#abort);
    this.watch.remove(this);
    this.onEnded = undefined;
    return true;
  }
}

const LOOK_EVERY_MS = 500;
/** A command that has waited longer is reported as a trouble. */
const TROUBLE_AFTER_MS = 9_000;

/** Watches the running commands: keeps the process alive for them, ends late ones, and names those that hang. */
export class CommandWatch {
  // Linked, not in a Set: outgrown tables of a Set keep their contents, and so all answers, from young collections.
  #oldest: CommandUnderWay | undefined;
  #newest: CommandUnderWay | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly waitMaxMs: number,
  ) {}

  now(): number {
    return this.runtime.monotonic();
  }

  add(command: CommandUnderWay): void {
    command.earlier = this.#newest;
    if (this.#newest) this.#newest.later = command;
    else this.#oldest = command;
    this.#newest = command;
    if (this.#oldest !== command) return;
    // A real timer, also in simulations: it only triggers a check, and its handle keeps the process alive.
    if (this.#timer) this.#timer.ref();
    else this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  remove(command: CommandUnderWay): void {
    const { earlier, later } = command;
    if (earlier) earlier.later = later;
    else this.#oldest = later;
    if (later) later.earlier = earlier;
    else this.#newest = earlier;
    command.earlier = command.later = undefined;
    if (!this.#oldest) this.#timer?.unref();
  }

  /** What commands have waited for during ten seconds or longer, in words; empty if all proceed. */
  troubles(): readonly string[] {
    const oldest = this.#oldest;
    if (!oldest) return [];
    const waitedMs = this.now() - oldest.startedMs;
    if (waitedMs < TROUBLE_AFTER_MS) return [];
    return [`a command on stream ${oldest.stream} has waited for ${oldest.waitsFor} for ${Math.floor(waitedMs / 1_000)} s`];
  }

  #look(): void {
    if (!this.#oldest) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const now = this.now();
    // In order of arrival: the first one that is in time ends the check.
    let later: CommandUnderWay | undefined;
    for (let command: CommandUnderWay | undefined = this.#oldest; command; command = later) {
      ({ later } = command);
      if (now - command.startedMs < this.waitMaxMs) return;
      if (!command.signal) command.end(new CommandTimedOut(command.stream, this.waitMaxMs, command.waitsFor));
    }
  }
}
