// Points in time as text, without texts that mean another moment elsewhere and without days that do not exist.

/** All of it but the last days of a month. Without groups: an import asks for every line. */
const INSTANT =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const DAYS_OF_ALL_MONTHS = 28;

/**
 * The moment of a time in ISO 8601 with `Z` or an offset of up to 23:59 (RFC 3339), to the millisecond. Undefined for
 * any other text, and for dates that do not exist.
 */
export const instantOf = (text: string): Date | undefined => {
  if (!INSTANT.test(text)) return undefined;
  // A day that does not exist is counted on by Date.
  const day = Number(text.slice(8, 10));
  if (day > DAYS_OF_ALL_MONTHS && new Date(`${text.slice(0, 10)}T00:00Z`).getUTCDate() !== day) return undefined;
  const instant = new Date(text);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
};
