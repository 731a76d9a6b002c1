// Parses JSON that people may have edited, and remembers the line of each member, so that a fault can be found.

/** A value of JSON with the lines, from 1, on which the members of its objects stand. */
export interface ReadJson {
  readonly value: unknown;
  readonly lineOf: (object: unknown, member: string) => number | undefined;
}

/** The text is no JSON; `line` is where it stops being it. */
export class NoJson extends Error {
  constructor(
    readonly line: number,
    problem: string,
  ) {
    super(problem);
  }
}

const TOKEN = /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\n]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)(?![\w])|$)/y;
const DEPTH_MAX = 64;

/** Errors: `NoJson`. */
export const readJson = (text: string): ReadJson => {
  const lines = new WeakMap<object, Map<string, number>>();
  const value = new Parser(text, lines).whole();
  return { value, lineOf: (object, member) => (typeof object === 'object' && object !== null ? lines.get(object)?.get(member) : undefined) };
};

class Parser {
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly lines: WeakMap<object, Map<string, number>>,
  ) {}

  whole(): unknown {
    const value = this.#value(this.#next(), 0);
    const rest = this.#next();
    if (rest !== '') throw this.#fault(`there is more after its end: ${rest}`);
    return value;
  }

  #line(): number {
    return this.text.slice(0, this.#at).split('\n').length;
  }

  #fault(problem: string): NoJson {
    return new NoJson(this.#line(), problem);
  }

  /** The next token; empty at the end. */
  #next(): string {
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.text);
    if (!found) {
      this.#at += /^[ \t\r\n]*/.exec(this.text.slice(this.#at))?.[0].length ?? 0;
      throw this.#fault(`unexpected ${JSON.stringify(this.text.slice(this.#at, this.#at + 12))}`);
    }
    this.#at = TOKEN.lastIndex;
    return found[1] ?? found[2] ?? found[3] ?? found[4] ?? '';
  }

  #value(token: string, depth: number): unknown {
    if (depth > DEPTH_MAX) throw this.#fault(`more than ${DEPTH_MAX} levels`);
    if (token === '{') return this.#object(depth);
    if (token === '[') return this.#list(depth);
    if (token === '' || ',:}]'.includes(token)) throw this.#fault(token === '' ? 'it ends too early' : `unexpected ${token}`);
    return this.#parsed(token);
  }

  #parsed(token: string): unknown {
    try {
      return JSON.parse(token);
    } catch (error) {
      throw this.#fault(error instanceof Error ? error.message : String(error));
    }
  }

  #object(depth: number): unknown {
    const object: Record<string, unknown> = {};
    const lines = new Map<string, number>();
    this.lines.set(object, lines);
    let token = this.#next();
    if (token === '}') return object;
    for (;;) {
      if (!token.startsWith('"')) throw this.#fault(`a name in double quotes must stand here, not ${token === '' ? 'the end' : token}`);
      const name = this.#parsed(token) as string;
      if (Object.hasOwn(object, name)) throw this.#fault(`${token} is there twice`);
      lines.set(name, this.#line());
      this.#expect(this.#next(), [':']);
      const value = this.#value(this.#next(), depth + 1);
      Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
      if (this.#expect(this.#next(), [',', '}']) === '}') return object;
      token = this.#next();
    }
  }

  #list(depth: number): unknown {
    const list: unknown[] = [];
    let token = this.#next();
    if (token === ']') return list;
    for (;;) {
      list.push(this.#value(token, depth + 1));
      if (this.#expect(this.#next(), [',', ']']) === ']') return list;
      token = this.#next();
    }
  }

  #expect(token: string, wanted: readonly string[]): string {
    if (!wanted.includes(token)) throw this.#fault(`${wanted.join(' or ')} must stand here, not ${token === '' ? 'the end' : token}`);
    return token;
  }
}
