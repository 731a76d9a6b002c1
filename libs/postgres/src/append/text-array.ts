// A text[] in PostgreSQL's binary form: payloads need no escaping, and arrive byte by byte as they were encoded.

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
/** Object id of the server's type text, the same on every server. */
const TEXT_OID = 25;

/** A parameter for the driver, which sends a Buffer in binary form. */
export const textArray = (texts: readonly string[]): Buffer => {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const bytes = lengths.reduce((sum, length) => sum + LENGTH_BYTES + length, HEADER_BYTES);
  const buffer = Buffer.allocUnsafe(bytes);
  // One dimension, no NULL, elements of this type; so many of them, counted from 1.
  let at = 0;
  for (const field of [1, 0, TEXT_OID, texts.length, 1]) at = buffer.writeInt32BE(field, at);
  for (const [index, text] of texts.entries()) {
    at = buffer.writeInt32BE(lengths[index] ?? 0, at);
    at += buffer.write(text, at);
  }
  return buffer;
};

/** Numbers, or texts without any character that has a meaning in an array: ids. */
export const plainArray = (values: readonly (number | string)[]): string => `{${values.join(',')}}`;
