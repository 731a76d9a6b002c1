// The file and the sum of its lines. To write is to ask: the order of the lines decides which process was first.
import { isMainstemError, type Runtime } from '@mainstem/event-store';
import { MemoryState, ReadStoreUnavailable, type Decided, type LeaseAnswer } from '@mainstem/projection/adapter';
import { LineFile } from './line-file.js';
import { batchOf, decodeLine, encodeLine, type Asked } from './lines.js';

/** What comes of a line: it depends on what was asked for. */
export type Outcome = Decided | LeaseAnswer | undefined;

export class Journal {
  readonly #file: LineFile;
  readonly #runtime: Runtime;
  readonly #state = new MemoryState();

  constructor(path: string, runtime: Runtime) {
    this.#file = new LineFile(path);
    this.#runtime = runtime;
  }

  // #region ask
  /** The outcome of a line, after all earlier lines. Errors: those of the decision, READ_STORE_UNAVAILABLE. */
  ask(asked: Asked): Outcome {
    const id = this.#runtime.uuid();
    this.#file.append(encodeLine({ id, ...asked }));
    const told = this.#readOn(id);
    if (!told) throw new ReadStoreUnavailable('ndjson', `the line ${id} is not in its file: something else writes to it`);
    if ('error' in told) throw told.error;
    return told.outcome;
  }

  /** As of the last line, whichever process wrote it. */
  state(): MemoryState {
    this.#readOn();
    return this.#state;
  }

  /** Applies new lines, and says what became of one's own. */
  #readOn(own?: string): { readonly outcome: Outcome } | { readonly error: Error } | undefined {
    let told;
    for (const text of this.#file.news()) {
      const line = decodeLine(text);
      if (!line) continue;
      try {
        const outcome = this.#apply(line);
        if (line.id === own) told = { outcome };
      } catch (error) {
        if (!isMainstemError(error)) throw error;
        if (line.id === own) told = { error }; // of another line its writer is told
      }
    }
    return told;
  }

  #apply(line: Asked): Outcome {
    switch (line.do) {
      case 'change':
        return this.#state.change(line.projection, line.command);
      case 'commit':
        this.#state.commit(line.projection, line.claim, batchOf(line.batch));
        return undefined;
      case 'lease':
        return this.#state.changeLease(line.command, line.nowMs);
      case 'note':
        this.#state.note(line.projection, line.name, line.text);
        return undefined;
    }
  }
  // #endregion

  flush(): void {
    this.#file.flush();
  }

  close(): void {
    this.#file.close();
  }
}
