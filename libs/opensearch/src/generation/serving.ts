// Which generation serves: the alias says so. Who may move it is settled by one document a projection, so that two never move it at once.
import { CheckpointMoved } from '@mainstem/projection/adapter';
import type { SearchServer } from '../server/search-server.js';
import { RACES_MAX } from '../write/take-over.js';
import type { Catalog, CatalogGeneration } from '../layout/catalog.js';
import type { ControlIndex } from '../layout/control-index.js';
import { hashOf, servingAlias } from '../layout/names.js';

/** What a control document holds. */
export interface Control {
  readonly projection: string;
  /** Generations ever made: numbers are not used again. */
  readonly made: number;
  /** The generation that is to serve: the alias follows. Null while nothing is decided: then the alias alone says which one serves. */
  readonly serving: number | null;
  /** Generations that are to be deleted, and may be there still. */
  readonly dropped?: readonly number[];
  /** Sessions ever opened; absent before the first one. */
  readonly opened?: number;
}

export interface FoundControl {
  readonly control: Control;
  readonly sequence: number;
  readonly term: number;
}

const NEXT_NUMBER = 'ctx._source.made = (int) Math.max(ctx._source.made, params.seen) + 1';

const OPENED = 'ctx._source.opened = ctx._source.opened == null ? 1 : ctx._source.opened + 1';

export class Serving {
  constructor(
    private readonly server: SearchServer,
    private readonly control: ControlIndex,
    private readonly catalog: Catalog,
  ) {}

  /** A number that no generation of the projection ever had. `seen`: the highest one that is there. Errors: READ_STORE_UNAVAILABLE. */
  async nextNumber(projection: string, seen: number): Promise<number> {
    const upsert: Control = { projection, made: seen + 1, serving: null };
    return (await this.control.update<Control>(hashOf(projection), { script: { source: NEXT_NUMBER, params: { seen } }, upsert })).made;
  }

  /** Errors: READ_STORE_UNAVAILABLE. */
  async found(projection: string): Promise<FoundControl | undefined> {
    const { body } = await this.server.request<{ found?: boolean; _source: Control; _seq_no: number; _primary_term: number }>({
      method: 'GET',
      path: `/${this.control.alias}/_doc/${hashOf(projection)}`,
      expected: [404],
    });
    return body.found === true ? { control: body._source, sequence: body._seq_no, term: body._primary_term } : undefined;
  }

  /**
   * As `found`; made anew where it was lost, from what is there: numbers go on after those of the indices, and nothing is decided. Undefined where
   * it is lost once more, or the projection has no indices. Errors: READ_STORE_UNAVAILABLE.
   */
  async restored(projection: string): Promise<FoundControl | undefined> {
    const found = await this.found(projection);
    if (found) return found;
    const entries = await this.catalog.entries(projection);
    if (entries.length === 0) return undefined;
    const upsert: Control = { projection, made: Math.max(...entries.map(({ meta }) => meta.number)), serving: null };
    await this.control.update<Control>(hashOf(projection), { doc: {}, upsert });
    return this.found(projection);
  }

  /**
   * Called by whoever has taken over a generation, before he writes. A promotion that did not fence him off, because it had been there before, cannot
   * decide any more and starts again. Gives what is to serve by now, for which the alias may not stand yet. Errors: READ_STORE_UNAVAILABLE.
   */
  async noteOpened(projection: string): Promise<number | undefined> {
    // Where it is lost nobody can decide by what he found there.
    const control = await this.control.updateIfThere<Control>(hashOf(projection), { script: { source: OPENED } });
    return control?.serving ?? undefined;
  }

  /** Decides what is to serve or to be deleted, if nobody has decided anything since. False if somebody has. Errors: READ_STORE_UNAVAILABLE. */
  async decide({ control, sequence, term }: FoundControl, changes: Pick<Partial<Control>, 'serving' | 'dropped'>): Promise<boolean> {
    const { status } = await this.server.request({
      method: 'PUT',
      path: `/${this.control.alias}/_doc/${hashOf(control.projection)}`,
      query: { require_alias: 'true', if_seq_no: String(sequence), if_primary_term: String(term) },
      body: JSON.stringify({ ...control, ...changes } satisfies Control),
      expected: [404, 409],
    });
    return status < 400;
  }

  /** Moves the alias to the generation that is decided to serve, if it is not there yet; false if there is nothing to do. Errors: as `switchTo`. */
  async switchIfUndone(generations: readonly CatalogGeneration[], serving: number | null | undefined): Promise<boolean> {
    const chosen = generations.find(({ meta }) => meta.number === serving);
    if (!chosen || chosen.isServing) return false;
    await this.switchTo(chosen);
    return true;
  }

  /**
   * Moves the alias in one step, unless somebody has decided anew: then it is for him to move it, and moving it now would take it back.
   * Errors: READ_STORE_CHECKPOINT_MOVED if the index is gone, or after too many races, READ_STORE_UNAVAILABLE.
   */
  async switchTo({ index, meta: { projection, number } }: CatalogGeneration): Promise<void> {
    const alias = servingAlias(this.catalog.prefix, projection);
    // What queries see from now on is all that was committed.
    await this.server.request({ method: 'POST', path: `/${index}/_refresh`, expected: [404] });
    for (let race = 1; race <= RACES_MAX; race++) {
      const entries = await this.catalog.entries(projection); // also one that has lost its state
      const found = await this.found(projection);
      // What was decided here may be lost meanwhile; then nobody has decided anything else.
      if (found && found.control.serving !== null && found.control.serving !== number) return;
      if (!entries.some((entry) => entry.index === index)) break;
      const others = entries.filter((entry) => entry.isServing && entry.index !== index);
      // If another one serves by now, nothing is changed.
      const removals = others.map((other) => ({ remove: { index: other.index, alias, must_exist: true } }));
      const body = JSON.stringify({ actions: [...removals, { add: { index, alias } }] });
      const { status } = await this.server.request({ method: 'POST', path: '/_aliases', body, expected: [404] });
      if (status !== 404) return;
    }
    throw new CheckpointMoved(projection, number);
  }
}
