// Times, decimals and UUIDs as text, each in the one form in which a database gives it back.

/** How many digits a decimal column has in all, and how many of them behind the point. */
export interface DecimalShape {
  readonly precision: number;
  readonly scale: number;
}

const FIRST_YEAR = '0001';

/** A moment as `Date.toISOString()` writes it, of the years 1 to 9999. */
export const isInstant = (text: string): boolean => {
  if (text.length !== 24 || text < FIRST_YEAR) return false;
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString() === text; // a day that a month does not have comes back as another one
};

/** The same without a time zone. */
export const isLocalTime = (text: string): boolean => isInstant(`${text}Z`);

/** A day: `2024-02-29`. */
export const isDay = (text: string): boolean => isInstant(`${text}T00:00:00.000Z`);

const TIME_OF_DAY = /^(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{0,5}[1-9])?$/;

/** A time of day to the microsecond, without zeros at its end. */
export const isTimeOfDay = (text: string): boolean => TIME_OF_DAY.test(text);

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** In small letters. */
export const isUuid = (text: string): boolean => UUID.test(text);

const DECIMAL = /^(-?)(0|[1-9][0-9]{0,999})(?:\.([0-9]{1,1000}))?$/;

/** With exactly the column's places, if it says how many: a database would fill them up, or round. */
export const isDecimal = (text: string, shape: DecimalShape | undefined): boolean => {
  const parts = DECIMAL.exec(text);
  if (!parts) return false;
  const [, sign, whole = '', places = ''] = parts;
  if (sign === '-' && !/[1-9]/.test(text)) return false; // there is one zero
  if (!shape) return true;
  return places.length === shape.scale && (whole === '0' ? 0 : whole.length) <= shape.precision - shape.scale;
};

// Of JSON text, where every backslash that stands for itself is doubled.
const NUL_OR_LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** Whether JSON text, as `JSON.stringify` writes it, holds only characters that `jsonb` of PostgreSQL takes. */
export const isStorableJson = (json: string): boolean => !NUL_OR_LONE_SURROGATE.test(json);
