// UUIDs as two halves of 64 bits, the form that some clients speak.

export interface UuidBits {
  readonly high: bigint;
  readonly low: bigint;
}

/** Signed or unsigned halves; the same bits either way. */
export const stringifyUuid = (high: bigint, low: bigint): string => {
  const hex = (half: bigint): string => BigInt.asUintN(64, half).toString(16).padStart(16, '0');
  const text = hex(high) + hex(low);
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
};

/** Unsigned halves of a UUID's text. */
export const uuidBits = (uuid: string): UuidBits => {
  const hex = uuid.replaceAll('-', '');
  return { high: BigInt(`0x${hex.slice(0, 16)}`), low: BigInt(`0x${hex.slice(16)}`) };
};
