// One projection's file and what its lines add up to. Writing is asking: the order of the lines decides who was first.
import { isMainstemError, type Runtime } from '@mainstem/event-store';
import { ReadStoreUnavailable, type Generation } from '@mainstem/projection/adapter';
import { lineOf, type Change } from './change.js';
import { Generations } from './generations.js';
import { LineFile } from './line-file.js';

// #region log
export class ProjectionLog {
  readonly #file: LineFile;
  readonly #generations: Generations;
  readonly #runtime: Runtime;

  constructor(path: string, projection: string, runtime: Runtime) {
    this.#file = new LineFile(path);
    this.#generations = new Generations(projection);
    this.#runtime = runtime;
  }

  /** As of the last line, whichever process wrote it. */
  read(): Generations {
    this.#readOn();
    return this.#generations;
  }

  /** The generation right after the change. Errors: those of the change, READ_STORE_UNAVAILABLE. */
  write(change: Exclude<Change, { readonly do: 'forget' }>): Generation {
    const generation = this.#ask(change);
    if (!generation) throw new TypeError('a change of one generation gives none');
    return generation;
  }

  forget(): void {
    this.#ask({ do: 'forget' });
  }

  #ask(change: Change): Generation | undefined {
    const id = this.#runtime.uuid();
    this.#file.append(JSON.stringify({ id, at: new Date(this.#runtime.now()).toISOString(), ...change }));
    const outcome = this.#readOn(id);
    if (!outcome) throw new ReadStoreUnavailable('ndjson', `the line ${id} is not in its file: something else writes to it`);
    if ('error' in outcome) throw outcome.error;
    return outcome.generation;
  }

  /** Applies new lines and says what became of one's own. */
  #readOn(own?: string): Outcome | undefined {
    let outcome: Outcome | undefined;
    for (const text of this.#file.news()) {
      const line = lineOf(text);
      if (!line) continue;
      try {
        const generation = this.#generations.apply(line);
        if (line.id === own) outcome = { generation };
      } catch (error) {
        if (!isMainstemError(error)) throw error;
        if (line.id === own) outcome = { error }; // of another line its writer is told
      }
    }
    return outcome;
  }
  // #endregion

  flush(): void {
    this.#file.flush();
  }

  close(): void {
    this.#file.close();
  }
}

type Outcome = { readonly generation: Generation | undefined } | { readonly error: Error };
