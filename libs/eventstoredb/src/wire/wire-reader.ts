// Reads the fields of a protobuf message in place. Unknown fields are skipped: newer servers may send more.

/** Number and wire type of a field, combined as on the wire: `tagOf(1, DELIMITED)`. */
export const tagOf = (field: number, wireType: number): number => (field << 3) | wireType;

export const VARINT = 0;
export const FIXED_64 = 1;
export const DELIMITED = 2;
export const FIXED_32 = 5;

/** The number of varint bytes that a double holds exactly. */
const EXACT_BYTES = 7;
const VARINT_BYTES_MAX = 10;

export class WireReader {
  readonly bytes: Buffer;
  at: number;
  end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get hasMore(): boolean {
    return this.at < this.end;
  }

  /** A varint that fits a double: a tag, a length, a small number. Errors: RangeError for any other bytes. */
  number(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < EXACT_BYTES && this.at < this.end; count++) {
      const byte = this.bytes[this.at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw new RangeError('the server sent an invalid number');
  }

  /** Any varint of 64 bits. */
  bigint(): bigint {
    const start = this.at;
    const last = Math.min(this.end, start + VARINT_BYTES_MAX);
    while (this.at < last && (this.bytes[this.at] as number) >= 0x80) this.at++;
    if (this.at >= last) throw new RangeError('the server sent an invalid number');
    const stop = this.at++;
    if (stop - start < EXACT_BYTES) {
      this.at = start;
      return BigInt(this.number());
    }
    let value = 0n;
    for (let index = stop; index >= start; index--) value = (value << 7n) | BigInt((this.bytes[index] as number) & 0x7f);
    return BigInt.asUintN(64, value);
  }

  /** Any varint of 64 bits; a number if it is exact, because bigints cost more. */
  integer(): number | bigint {
    let value = 0;
    let scale = 1;
    const start = this.at;
    for (let count = 0; count < EXACT_BYTES && this.at < this.end; count++) {
      const byte = this.bytes[this.at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    this.at = start;
    return this.bigint();
  }

  /** The end of a delimited field that begins at `at`. Errors: RangeError if it is cut off. */
  limit(): number {
    const length = this.number();
    const end = this.at + length;
    if (end > this.end) throw new RangeError('the server sent a message that is cut off');
    return end;
  }

  text(): string {
    const end = this.limit();
    const text = this.bytes.toString('utf8', this.at, end);
    this.at = end;
    return text;
  }

  /** A view, not a copy. */
  slice(): Buffer {
    const end = this.limit();
    const bytes = this.bytes.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  /** The message in a delimited field; this reader then stands behind it. */
  message(): WireReader {
    const end = this.limit();
    const inner = new WireReader(this.bytes, this.at, end);
    this.at = end;
    return inner;
  }

  /** Enters the message in a delimited field. Pass the result to `leave`. */
  enter(): number {
    const outer = this.end;
    this.end = this.limit();
    return outer;
  }

  /** Leaves the entered message and goes on behind it. */
  leave(outer: number): void {
    this.at = this.end;
    this.end = outer;
  }

  /** Skips a field whose tag was read. */
  skip(tag: number): void {
    switch (tag & 7) {
      case VARINT:
        this.bigint();
        break;
      case DELIMITED:
        this.at = this.limit();
        break;
      case FIXED_64:
        this.at += 8;
        break;
      case FIXED_32:
        this.at += 4;
        break;
      default:
        throw new RangeError(`the server sent a field of an unknown kind (${tag & 7})`);
    }
  }
}
