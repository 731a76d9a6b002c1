// Writes the fields of a protobuf message into a buffer of known size.

export const varintSize = (value: number): number => {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
};

/** Bytes of a delimited field: its tag (one byte up to field 15), its length, its content. */
export const fieldSize = (contentSize: number): number => 1 + varintSize(contentSize) + contentSize;

export const textField = (tag: number, text: string): Buffer => {
  const size = Buffer.byteLength(text);
  const writer = new WireWriter(fieldSize(size));
  writer.head(tag, size);
  writer.text(text, size);
  return writer.bytes;
};

export const bytesField = (tag: number, content: Buffer): Buffer => {
  const writer = new WireWriter(fieldSize(content.length));
  writer.head(tag, content.length);
  writer.raw(content);
  return writer.bytes;
};

export const bigintField = (tag: number, value: bigint): Buffer => {
  const bytes = [tag];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
};

export class WireWriter {
  readonly bytes: Buffer;
  #at = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  /** Tag and length of a delimited field. */
  head(tag: number, contentSize: number): void {
    this.bytes[this.#at++] = tag;
    let rest = contentSize;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.bytes[this.#at++] = (rest % 0x80) | 0x80;
    this.bytes[this.#at++] = rest;
  }

  text(text: string, size: number): void {
    this.bytes.write(text, this.#at, size);
    this.#at += size;
  }

  raw(content: Buffer): void {
    content.copy(this.bytes, this.#at);
    this.#at += content.length;
  }
}
