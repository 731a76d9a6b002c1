// Money on the read side: decimal strings with three places, added and multiplied exactly.
import Big from 'big.js';

const PLACES = 3;
const MINUS = 45;
const DOT = 46;
const DIGIT_ZERO = 48;
// A longer amount may exceed a safe integer of thousandths: the decimal library computes it.
const LENGTH_MAX = 16;

export const ZERO_MONEY = '0.000';

/** The amount with exactly three places: 2.5 is 2.500. */
export const money = (amount: string): string => (isWhole(thousandths(amount)) ? formatted(thousandths(amount)) : big(amount));

/** Price times quantity. */
export const lineTotal = (unitPrice: string, quantity: number): string => {
  const total = thousandths(unitPrice) * quantity;
  return isWhole(total) ? formatted(total) : big(new Big(unitPrice).times(quantity));
};

export const addMoney = (left: string, right: string): string => {
  const total = thousandths(left) + thousandths(right);
  return isWhole(total) ? formatted(total) : big(new Big(left).plus(right));
};

export const subtractMoney = (left: string, right: string): string => {
  const total = thousandths(left) - thousandths(right);
  return isWhole(total) ? formatted(total) : big(new Big(left).minus(right));
};

/** Below zero, zero or above zero, for sorting. */
export const compareMoney = (left: string, right: string): number => {
  const difference = thousandths(left) - thousandths(right);
  return isWhole(difference) ? difference : new Big(left).cmp(right);
};

/** The amount in whole thousandths, for sorting; a larger amount becomes the largest safe integer. */
export const moneyScore = (amount: string): number => {
  const score = thousandths(amount);
  if (isWhole(score)) return score;
  return amount.charCodeAt(0) === MINUS ? Number.MIN_SAFE_INTEGER : Number.MAX_SAFE_INTEGER;
};

/** Whole thousandths, or no safe integer if they do not fit one. */
const thousandths = (amount: string): number => {
  if (amount.length > LENGTH_MAX) return NaN;
  const start = amount.charCodeAt(0) === MINUS ? 1 : 0;
  let digits = 0;
  let places = -1;
  for (let index = start; index < amount.length; index++) {
    const code = amount.charCodeAt(index);
    if (code !== DOT) digits = digits * 10 + (code - DIGIT_ZERO);
    if (code === DOT || places >= 0) places++;
  }
  if (places > PLACES) return NaN;
  for (let place = Math.max(places, 0); place < PLACES; place++) digits *= 10;
  return start === 1 ? -digits : digits;
};

// A product or sum of safe integers is exact if it is a safe integer.
const isWhole = (value: number): boolean => Number.isSafeInteger(value);

const formatted = (value: number): string => {
  const size = Math.abs(value);
  const fraction = size % 1_000;
  const text = `${(size - fraction) / 1_000}.${fraction < 10 ? '00' : fraction < 100 ? '0' : ''}${fraction}`;
  return value < 0 ? `-${text}` : text;
};

const big = (amount: Big | string): string => new Big(amount).toFixed(PLACES);
