// To which projection a collection belongs: one document for all, so that whoever takes several takes all of them or none.
import { CollectionTaken } from '@mainstem/projection/adapter';
import type { CatalogEntry } from '../layout/catalog.js';
import type { ControlIndex } from '../layout/control-index.js';

interface Claimed {
  readonly kind: 'collections';
  /** Projection by collection. */
  readonly owners: Readonly<Record<string, string>>;
}

const ID = 'collections';
const NONE: Claimed = { kind: 'collections', owners: {} };

/** `users` count where the document has lost an owner, or is from before there was one. */
const CLAIM = `
def owners = ctx._source.owners;
boolean isChanged = false;
boolean isFree = true;
for (def user : params.users.entrySet()) {
  if (!owners.containsKey(user.getKey())) { owners.put(user.getKey(), user.getValue()); isChanged = true; }
}
for (def name : params.names) {
  if (owners.containsKey(name) && owners.get(name) != params.projection) { isFree = false; }
}
if (isFree) {
  for (def name : params.names) {
    if (!owners.containsKey(name)) { owners.put(name, params.projection); isChanged = true; }
  }
}
if (!isChanged) { ctx.op = 'noop'; }`;

const RELEASE = `
boolean isChanged = ctx._source.owners.entrySet().removeIf(claim -> claim.getValue() == params.projection && !params.kept.contains(claim.getKey()));
if (!isChanged) { ctx.op = 'noop'; }`;

const LOOK = `ctx.op = 'noop';`;

export class Claims {
  constructor(private readonly control: ControlIndex) {}

  /**
   * Takes all these collections for a projection, or none. `entries`: the generations that are there.
   * Errors: PROJECTION_INVALID_DEFINITION for a collection of another projection, READ_STORE_UNAVAILABLE.
   */
  async claim(projection: string, names: readonly string[], entries: readonly CatalogEntry[]): Promise<void> {
    const script = { source: CLAIM, params: { projection, names, users: usersOf(projection, names, entries) } };
    const { owners } = await this.control.update<Claimed>(ID, { scripted_upsert: true, script, upsert: NONE });
    for (const name of names) {
      const owner = owners[name];
      if (owner !== undefined && owner !== projection) throw new CollectionTaken(projection, name, owner);
    }
  }

  /** Projections that have collections. Errors: READ_STORE_UNAVAILABLE. */
  async owners(): Promise<readonly string[]> {
    const claimed = await this.control.updateIfThere<Claimed>(ID, { script: { source: LOOK } });
    return Object.values(claimed?.owners ?? {});
  }

  /** Gives up what a projection has and none of its generations, which are given here. Errors: READ_STORE_UNAVAILABLE. */
  async release(projection: string, entries: readonly CatalogEntry[]): Promise<void> {
    const kept = entries.flatMap(({ meta }) => (meta.projection === projection ? meta.collections.map(({ name }) => name) : []));
    await this.control.updateIfThere(ID, { script: { source: RELEASE, params: { projection, kept } } });
  }
}

/** The projection itself before others. */
const usersOf = (projection: string, names: readonly string[], entries: readonly CatalogEntry[]): Readonly<Record<string, string>> => {
  const users = entries
    .toSorted((left, right) => Number(left.meta.projection === projection) - Number(right.meta.projection === projection))
    .flatMap(({ meta }) => meta.collections.map(({ name }) => [name, meta.projection] as const));
  return Object.fromEntries(users.filter(([name]) => names.includes(name)));
};
