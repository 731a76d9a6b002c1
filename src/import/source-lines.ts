// Reads a text file, gzipped or not, as numbered lines, in constant memory.
import { isUtf8 } from 'node:buffer';
import { open, type FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { ImportFileUnreadable } from './errors.js';

/** The length limit of a line in bytes: twice the longest that the ledger can accept. */
export const LINE_BYTES_MAX = 16_384;

export interface SourceLine {
  /** From 1. */
  readonly number: number;
  /** The text without its line end. */
  readonly text: string;
  readonly problem?: { readonly code: 'IMPORT_NOT_UTF8' | 'IMPORT_LINE_TOO_LONG'; readonly reason: string };
}

export interface SourceBatch {
  readonly lines: readonly SourceLine[];
  /** Bytes of the (compressed) file read so far, and its size. */
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

const CHUNK_BYTES = 262_144;
/** Compressed bytes at a time: they unpack to a thousand times as many at most. */
const GZIP_CHUNK_BYTES = 65_536;
const NEWLINE = 0x0a;
const GZIP_MAGIC = 0x8b1f;

/**
 * The lines of a file, in batches. Empty lines are left out but counted. Gzip is recognised by its first bytes. A line
 * that is too long or not UTF-8 comes with its problem, and with the beginning of its text or its bytes in base64.
 * Errors: IMPORT_FILE_UNREADABLE, after every whole line that could be read.
 */
export async function* sourceLines(file: string, signal?: AbortSignal): AsyncGenerator<SourceBatch> {
  const splitter = new LineSplitter();
  let hasBegun = false;
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const bytesTotal = (await handle.stat()).size;
    const source = new FileSource(handle);
    for await (const chunk of source.chunks()) {
      if (signal?.aborted) return;
      const lines = splitter.push(chunk);
      hasBegun ||= lines.length > 0;
      yield { lines, bytesRead: source.bytesRead, bytesTotal };
    }
    yield { lines: splitter.end(), bytesRead: source.bytesRead, bytesTotal };
  } catch (error) {
    throw new ImportFileUnreadable(file, error, hasBegun);
  } finally {
    await handle?.close();
  }
}

/** The unpacked bytes of a file: all that can be read before an error. */
class FileSource {
  bytesRead = 0;

  constructor(private readonly handle: FileHandle) {}

  async *chunks(): AsyncGenerator<Buffer> {
    const first = await this.#read(GZIP_CHUNK_BYTES);
    if (first.length >= 2 && first.readUInt16LE() === GZIP_MAGIC) return yield* this.#unpacked(first);
    for (let chunk = first; chunk.length > 0; chunk = await this.#read(CHUNK_BYTES)) yield chunk;
  }

  async *#unpacked(first: Buffer): AsyncGenerator<Buffer> {
    const gunzip = new Unpacker();
    try {
      for (let chunk = first; chunk.length > 0 && !gunzip.hasEnded; chunk = await this.#read(GZIP_CHUNK_BYTES)) {
        await gunzip.write(chunk);
        yield* gunzip.take();
      }
      await gunzip.end();
      yield* gunzip.take();
    } finally {
      gunzip.destroy();
    }
    if (gunzip.error) throw gunzip.error;
  }

  async #read(length: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.handle.read(Buffer.allocUnsafe(length), 0, length, null);
    this.bytesRead += bytesRead;
    return buffer.subarray(0, bytesRead);
  }
}

/** Reading from the stream itself would lose what it unpacked before an error. */
class Unpacker {
  readonly #gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  #chunks: Buffer[] = [];
  #resume: () => void = () => undefined;
  hasEnded = false;
  error: Error | undefined;

  constructor() {
    const end = (error?: Error): void => {
      this.error ??= error;
      this.hasEnded = true;
      this.#resume();
    };
    this.#gunzip.on('data', (chunk: Buffer) => void this.#chunks.push(chunk));
    this.#gunzip.once('error', end).once('end', () => end());
  }

  /** Resolves when the whole chunk is unpacked, or nothing more can be. */
  write(chunk: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
      this.#gunzip.write(chunk, () => resolve());
    });
  }

  async end(): Promise<void> {
    if (this.hasEnded) return;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
      this.#gunzip.end();
    });
  }

  /** What was unpacked since the last call. */
  take(): readonly Buffer[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }

  destroy(): void {
    this.#gunzip.destroy();
  }
}

/** Cuts chunks of bytes into lines, and keeps at most one unfinished line. */
export class LineSplitter {
  #rest = Buffer.alloc(0);
  /** The number of dropped bytes of an overlong unfinished line; its beginning is in `#rest`. */
  #dropped = 0;
  #number = 0;

  push(chunk: Buffer): readonly SourceLine[] {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end < 0) {
      this.#keep(chunk);
      return [];
    }
    const first = chunk.indexOf(NEWLINE);
    this.#keep(chunk.subarray(0, first));
    const lines = this.#takeRest();
    if (first < end) this.#split(chunk.subarray(first + 1, end), lines);
    this.#keep(chunk.subarray(end + 1));
    return lines;
  }

  /** The last line, if the file does not end with a line end. */
  end(): readonly SourceLine[] {
    return this.#rest.length > 0 ? this.#takeRest() : [];
  }

  #keep(bytes: Buffer): void {
    const room = LINE_BYTES_MAX + 1 - this.#rest.length;
    this.#dropped += Math.max(0, bytes.length - room);
    if (bytes.length > 0 && room > 0) this.#rest = Buffer.concat([this.#rest, bytes.subarray(0, room)]);
  }

  #takeRest(): SourceLine[] {
    const lines: SourceLine[] = [];
    this.#line(this.#rest, this.#rest.length + this.#dropped, lines);
    this.#rest = Buffer.alloc(0);
    this.#dropped = 0;
    return lines;
  }

  #split(block: Buffer, lines: SourceLine[]): void {
    // The batch is nearly always valid, and one conversion is much cheaper than one for each line.
    if (isUtf8(block)) {
      for (const text of block.toString('utf8').split('\n')) {
        if (text.length > LINE_BYTES_MAX / 4) this.#line(Buffer.from(text), Buffer.byteLength(text), lines);
        else this.#text(text, lines);
      }
      return;
    }
    for (let start = 0; start <= block.length;) {
      const found = block.indexOf(NEWLINE, start);
      const end = found < 0 ? block.length : found;
      this.#line(block.subarray(start, end), end - start, lines);
      start = end + 1;
    }
  }

  #line(bytes: Buffer, length: number, lines: SourceLine[]): void {
    if (length > LINE_BYTES_MAX) {
      const problem = {
        code: 'IMPORT_LINE_TOO_LONG',
        reason: `has ${length} bytes, the limit is ${LINE_BYTES_MAX}; text holds its beginning`,
      } as const;
      lines.push({ number: ++this.#number, text: bytes.toString('utf8', 0, TEXT_BYTES_SHOWN), problem });
    } else if (isUtf8(bytes)) {
      this.#text(bytes.toString('utf8'), lines);
    } else {
      const problem = { code: 'IMPORT_NOT_UTF8', reason: 'is not UTF-8; text holds its bytes in base64' } as const;
      lines.push({ number: ++this.#number, text: bytes.toString('base64'), problem });
    }
  }

  #text(text: string, lines: SourceLine[]): void {
    const number = ++this.#number;
    let line = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (number === 1 && line.startsWith('\uFEFF')) line = line.slice(1);
    if (line.trim() !== '') lines.push({ number, text: line });
  }
}

const TEXT_BYTES_SHOWN = 1_024;
