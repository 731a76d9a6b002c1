// Times, decimals and UUIDs as text, each in the one form in which a database returns it.

/** The digits of a decimal column, in all and after the point. */
export interface DecimalShape {
  readonly precision: number;
  readonly scale: number;
}

const FIRST_YEAR = '0001';

/** A moment in the form of `Date.toISOString()`, in the years 1 to 9999. */
export const isInstant = (text: string): boolean => {
  if (text.length !== 24 || text < FIRST_YEAR) return false;
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString() === text; // a day that its month does not have comes back as another one
};

/** The same without a time zone. */
export const isLocalTime = (text: string): boolean => isInstant(`${text}Z`);

/** A day: `2024-02-29`. */
export const isDay = (text: string): boolean => isInstant(`${text}T00:00:00.000Z`);

const TIME_OF_DAY = /^(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{0,5}[1-9])?$/;

/** A time of day to the microsecond, without trailing zeros. */
export const isTimeOfDay = (text: string): boolean => TIME_OF_DAY.test(text);

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** In lower case. */
export const isUuid = (text: string): boolean => UUID.test(text);

const DECIMAL = /^(-?)(0|[1-9][0-9]{0,999})(?:\.([0-9]{1,1000}))?$/;

/** With exactly the column's places, if it declares them: a database would add zeros, or round. */
export const isDecimal = (text: string, shape: DecimalShape | undefined): boolean => {
  const parts = DECIMAL.exec(text);
  if (!parts) return false;
  const [, sign, whole = '', places = ''] = parts;
  if (sign === '-' && !/[1-9]/.test(text)) return false; // there is only one zero
  if (!shape) return true;
  return places.length === shape.scale && (whole === '0' ? 0 : whole.length) <= shape.precision - shape.scale;
};

// In JSON text every literal backslash is doubled.
const NUL_OR_LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** True if JSON text from `JSON.stringify` holds only characters that PostgreSQL's `jsonb` accepts. */
export const isStorableJson = (json: string): boolean => !NUL_OR_LONE_SURROGATE.test(json);
