// The attributes of a command's span from the metadata in its context.

const NAMES_MAX = 16;
const NAME_LENGTH_MAX = 64;
const VALUE_LENGTH_MAX = 256;

/**
 * `mainstem.command.metadata.<name>` for each plain value: the first 256 characters of a text, a number, true or false.
 * At most 16, with names of up to 64 characters. The metadata may hold anything: it was not checked yet.
 */
export const metadataAttributes = (metadata: unknown): Readonly<Record<string, string | number | boolean>> => {
  if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata)) return {};
  const plain = Object.entries(metadata).filter(
    (entry): entry is [string, string | number | boolean] => entry[0].length <= NAME_LENGTH_MAX && isPlain(entry[1]),
  );
  return Object.fromEntries(plain.slice(0, NAMES_MAX).map(([name, value]) => [`mainstem.command.metadata.${name}`, shortened(value)]));
};

const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));

/** Half of a surrogate pair at the end is no text. */
const shortened = <Value extends string | number | boolean>(value: Value): string | Value =>
  typeof value === 'string' ? value.slice(0, VALUE_LENGTH_MAX).toWellFormed() : value;
