// Which generation serves: the alias points at it. One control document a projection decides, so that moves never race.
import { assertPromotable, CheckpointMoved, UnknownGeneration, type Generation, type PromoteOptions } from '@mainstem/projection/adapter';
import type { ControlIndex } from '../layout/control-index.js';
import { hashOf, servingAlias } from '../layout/names.js';
import { generationOf, type PartStates, type StateBody } from '../layout/state-document.js';
import type { OpenSearchConnection } from '../server/opensearch-connection.js';
import { RACES_MAX, takeOver } from '../write/take-over.js';
import type { GenerationRecords, StoredGeneration } from './generation-records.js';

/** The content of a control document. */
export interface Control {
  readonly projection: string;
  /** The number of generations ever made: numbers are not used again. */
  readonly made: number;
  /** The generation that is to serve; the alias follows. Null: nothing is decided, and the alias alone counts. */
  readonly serving: number | null;
  /** Generations that are to be deleted and may still exist. */
  readonly dropped?: readonly number[];
  /** The number of sessions ever opened; absent before the first one. */
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
    private readonly connection: OpenSearchConnection,
    private readonly control: ControlIndex,
    private readonly generations: GenerationRecords,
  ) {}

  /** Errors: those of `ReadStore.promote`, READ_STORE_CHECKPOINT_MOVED after too many races. */
  async promote(projection: string, generation: number, options: PromoteOptions): Promise<void> {
    for (let race = 1; race <= RACES_MAX; race++) {
      const found = await this.restored(projection);
      const generations = await this.generations.list(projection);
      const next = generations.find(({ meta }) => meta.number === generation);
      if (!next || isDropped(found?.control, generation)) throw new UnknownGeneration(projection, generation);
      if (!found) continue;
      const serving = generations.find(({ isServing }) => isServing);
      if (serving === next) return;
      assertPromotable(next.described, serving?.described, options);
      // Its writer is fenced off and makes nothing visible any more; its commits so far count.
      const former = serving && (await this.#retire(serving));
      const current = await this.generations.find(projection, generation);
      assertPromotable(current.described, former, options);
      if (!(await this.decide(found, { serving: generation }))) continue;
      await this.switchTo(current);
      return;
    }
    throw new CheckpointMoved(projection, generation);
  }

  /** Lets a new generation serve if none does. If several begin at the same time, one serves. */
  async beginIfNoneServes(projection: string, number: number): Promise<void> {
    for (let race = 1; race <= RACES_MAX; race++) {
      const found = await this.restored(projection);
      const generations = await this.generations.list(projection);
      const created = generations.find(({ meta }) => meta.number === number);
      const decided = generations.some(({ meta }) => meta.number === found?.control.serving);
      if (!created || decided || generations.some(({ isServing }) => isServing)) return;
      if (found && (await this.decide(found, { serving: number }))) return this.switchTo(created);
    }
  }

  /** A number that no generation of the projection had. `seen`: the highest known. Errors: READ_STORE_UNAVAILABLE. */
  async nextNumber(projection: string, seen: number): Promise<number> {
    const upsert: Control = { projection, made: seen + 1, serving: null };
    return (await this.control.update<Control>(hashOf(projection), { script: { source: NEXT_NUMBER, params: { seen } }, upsert })).made;
  }

  /** Errors: READ_STORE_UNAVAILABLE. */
  async found(projection: string): Promise<FoundControl | undefined> {
    const { body } = await this.connection.request<{ found?: boolean; _source: Control; _seq_no: number; _primary_term: number }>({
      method: 'GET',
      path: `/${this.control.alias}/_doc/${hashOf(projection)}`,
      expected: [404],
    });
    return body.found === true ? { control: body._source, sequence: body._seq_no, term: body._primary_term } : undefined;
  }

  /**
   * Like `found`, but makes a lost control document anew from the indices: numbers go on after theirs, and nothing is
   * decided. Undefined if it is lost again, or the projection has no indices. Errors: READ_STORE_UNAVAILABLE.
   */
  async restored(projection: string): Promise<FoundControl | undefined> {
    const found = await this.found(projection);
    if (found) return found;
    const entries = await this.generations.entries(projection);
    if (entries.length === 0) return undefined;
    const upsert: Control = { projection, made: Math.max(...entries.map(({ meta }) => meta.number)), serving: null };
    await this.control.update<Control>(hashOf(projection), { doc: {}, upsert });
    return this.found(projection);
  }

  /**
   * Call this after taking over a generation and before writing to it. An older promotion that did not fence this
   * session off then cannot decide any more and starts again. Returns the generation that is to serve; the alias may
   * not point at it yet. Errors: READ_STORE_UNAVAILABLE.
   */
  async noteOpened(projection: string): Promise<number | undefined> {
    // If the document is lost, no process can decide with what it read there.
    const control = await this.control.updateIfThere<Control>(hashOf(projection), { script: { source: OPENED } });
    return control?.serving ?? undefined;
  }

  /** Records a decision, if none was recorded since `found`; false otherwise. Errors: READ_STORE_UNAVAILABLE. */
  async decide({ control, sequence, term }: FoundControl, changes: Pick<Partial<Control>, 'serving' | 'dropped'>): Promise<boolean> {
    const { status } = await this.connection.request({
      method: 'PUT',
      path: `/${this.control.alias}/_doc/${hashOf(control.projection)}`,
      query: { require_alias: 'true', if_seq_no: String(sequence), if_primary_term: String(term) },
      body: JSON.stringify({ ...control, ...changes } satisfies Control),
      expected: [404, 409],
    });
    return status < 400;
  }

  /** Moves the alias to the generation that is to serve; false if it is there already. Errors: those of `switchTo`. */
  async switchIfUndone(generations: readonly StoredGeneration[], serving: number | null | undefined): Promise<boolean> {
    const chosen = generations.find(({ meta }) => meta.number === serving);
    if (!chosen || chosen.isServing) return false;
    await this.switchTo(chosen);
    return true;
  }

  /**
   * Moves the alias in one step. If another process has decided anew, that process moves the alias; moving it here
   * would undo its decision. Errors: READ_STORE_CHECKPOINT_MOVED if the index is gone, or after too many races,
   * READ_STORE_UNAVAILABLE.
   */
  async switchTo({ index, meta: { projection, number } }: StoredGeneration): Promise<void> {
    const alias = servingAlias(this.generations.prefix, projection);
    // From now on queries see all that was committed.
    await this.connection.request({ method: 'POST', path: `/${index}/_refresh`, expected: [404] });
    for (let race = 1; race <= RACES_MAX; race++) {
      const entries = await this.generations.entries(projection); // also those that have lost their state
      const found = await this.found(projection);
      // If the document was lost meanwhile, no process has decided anything else.
      if (found && found.control.serving !== null && found.control.serving !== number) return;
      if (!entries.some((entry) => entry.index === index)) break;
      const others = entries.filter((entry) => entry.isServing && entry.index !== index);
      // If another one serves by now, the request changes nothing.
      const removals = others.map((other) => ({ remove: { index: other.index, alias, must_exist: true } }));
      const body = JSON.stringify({ actions: [...removals, { add: { index, alias } }] });
      const { status } = await this.connection.request({ method: 'POST', path: '/_aliases', body, expected: [404] });
      if (status !== 404) return;
    }
    throw new CheckpointMoved(projection, number);
  }

  /** Fences off the serving generation and returns its final checkpoint; all parts at once, to be quick. */
  async #retire({ meta, states: [first, ...others] }: StoredGeneration): Promise<Generation> {
    const now = new Date(this.connection.runtime.now()).toISOString();
    const take = async (_: StateBody, partition: number): Promise<StateBody> =>
      (await takeOver(this.connection, this.generations.placeOf(meta, partition), now, { hasServed: true })).body;
    const states: PartStates = await Promise.all([take(first, 0), ...others.map((state, index) => take(state, index + 1))]);
    return generationOf(meta, states, false);
  }
}

/** True if the control document says that the generation is to be deleted. */
export const isDropped = (control: Control | undefined, generation: number): boolean => control?.dropped?.includes(generation) === true;
