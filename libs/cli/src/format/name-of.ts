// The name of a projection when several read stores may hold it.

export interface NamedReadModel {
  readonly projection: string;
  readonly store: string;
}

/** Its name; with its store if `all` holds another one of the same name. */
export const nameOf = (one: NamedReadModel, all: readonly NamedReadModel[]): string =>
  isInSeveral(one, all) ? `${one.projection} (${one.store})` : one.projection;

/** True if commands need `--store` to know which one is meant. */
export const isInSeveral = ({ projection, store }: NamedReadModel, all: readonly NamedReadModel[]): boolean =>
  all.some((other) => other.projection === projection && other.store !== store);

/** The names of what an application hosts. */
export const namesOf = ({
  projection,
  store,
}: {
  readonly projection: { readonly name: string };
  readonly store: { readonly name: string };
}): NamedReadModel => ({
  projection: projection.name,
  store: store.name,
});
