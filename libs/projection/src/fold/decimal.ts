// Exact decimals as whole numbers of the smallest unit, for sums of money.

const DECIMAL = /^(-?)([0-9]{1,1000})(?:\.([0-9]{1,1000}))?$/;

/** A decimal string in units of 10^−scale. Errors: RangeError for other text, or non-zero places beyond `scale`. */
export const toUnits = (decimal: string, scale: number): bigint => {
  const parts = DECIMAL.exec(decimal);
  if (!parts) throw new RangeError(`${JSON.stringify(decimal)} is not a decimal string such as "-12.50"`);
  const [, sign, whole = '', places = ''] = parts;
  if (places.length > scale && /[1-9]/.test(places.slice(scale))) throw new RangeError(`${decimal} has more than ${scale} decimal places`);
  const units = BigInt(whole + places.slice(0, scale).padEnd(scale, '0'));
  return sign === '-' ? -units : units;
};

/** The decimal string of a number of units, always with `scale` places. */
export const fromUnits = (units: bigint, scale: number): string => {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const sign = units < 0n ? '-' : '';
  return scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(digits.length - scale)}`;
};
