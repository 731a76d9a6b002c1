// The tokens of a function's text: comments and formatting do not make another function.

const WORD = /[\p{ID_Start}$_#@\\](?:[\p{ID_Continue}$\\]|\u200c|\u200d)*|(?:0[xXoObB])?[\d][\w.]*(?:(?<=[eE])[+-]\d+)?|\.\d[\w.]*/uy;
const PUNCTUATOR =
  />>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|\*\*|[\s\S]/uy;
const SPACE = /(?:\s|\/\/[^\n\r\u2028\u2029]*|\/\*[\s\S]*?\*\/)+/uy;
const TEXT = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/uy;
const EXPRESSION = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/uy;
/** An expression begins after these words, so a slash begins a regular expression. */
const BEFORE_EXPRESSION = new Set('return typeof instanceof in of new delete void throw case do else yield await default'.split(' '));
const CONDITIONS = new Set(['if', 'while', 'for', 'with']);
const ACCESSES = new Set(['.', '?.']);
/** A line break after these ends a statement. */
const BREAKS_BEHIND = new Set(['return', 'throw', 'break', 'continue', 'yield']);

/** The tokens in order, one a line. Comments, white space, quotes and trailing commas make no difference. */
export const sourceWords = (text: string): string => new Words(text).all().join('\n');

class Words {
  readonly #text: string;
  #at = 0;
  readonly #words: string[] = [];
  /** For each open bracket: true if an expression may follow its end, as in `if (…) /x/`. */
  readonly #brackets: boolean[] = [];
  #isExpressionNext = true;

  constructor(text: string) {
    this.#text = text;
  }

  all(): readonly string[] {
    this.#scan(() => this.#at >= this.#text.length);
    return this.#words.filter((word, index) => !isIdleComma(word, this.#words[index - 1], this.#words[index + 1]));
  }

  #scan(isOver: () => boolean): void {
    while (!isOver()) {
      const space = this.#match(SPACE);
      if (space !== undefined) {
        this.#lineBreak(space);
        continue;
      }
      if (this.#at >= this.#text.length) return;
      this.#one();
    }
  }

  #one(): void {
    if (this.#text[this.#at] === '`') return this.#template();
    const text = this.#match(TEXT);
    if (text !== undefined) return this.#push(`"${sameQuotes(text)}"`, false);
    const expression = this.#isExpressionNext && this.#text[this.#at] === '/' ? this.#match(EXPRESSION) : undefined;
    if (expression !== undefined) return this.#push(expression, false);
    const word = this.#match(WORD);
    if (word !== undefined) return this.#push(word, this.#beginsExpression(word));
    this.#sign(this.#match(PUNCTUATOR) ?? '');
  }

  #beginsExpression(word: string): boolean {
    if (!BEFORE_EXPRESSION.has(word) || this.#isName(-1)) return false;
    // `of` may name anything; as a keyword it follows what a loop declares.
    return word !== 'of' || !this.#isExpressionNext || this.#words.at(-1) === '}';
  }

  /** True if a property name follows the token at this place from the end: then it is no keyword. */
  #isName(place: -1 | -2): boolean {
    return ACCESSES.has(this.#words.at(place) ?? '');
  }

  #hasCondition(): boolean {
    const word = this.#words.at(-1) ?? '';
    return word === 'await' ? this.#words.at(-2) === 'for' : CONDITIONS.has(word) && !this.#isName(-2);
  }

  #sign(sign: string): void {
    if (sign === '(' || sign === '[') this.#brackets.push(sign === '(' && this.#hasCondition());
    const isEnd = sign === ')' || sign === ']';
    const isExpressionNext = isEnd ? (this.#brackets.pop() ?? false) : sign !== '++' && sign !== '--';
    this.#push(sign, isExpressionNext);
  }

  /** Its text counts unchanged; between `${` and `}` there are tokens again. */
  #template(): void {
    let from = this.#at++;
    while (this.#at < this.#text.length) {
      const sign = this.#text[this.#at++];
      if (sign === '\\') this.#at++;
      else if (sign === '`') break;
      else if (sign === '$' && this.#text[this.#at] === '{') {
        this.#push(this.#text.slice(from, ++this.#at), true);
        this.#braces();
        from = this.#at;
      }
    }
    this.#push(this.#text.slice(from, this.#at), false);
  }

  #braces(): void {
    let depth = 1;
    const start = this.#words.length;
    let counted = start;
    this.#scan(() => {
      for (; counted < this.#words.length; counted++) {
        if (this.#words[counted] === '{') depth++;
        if (this.#words[counted] === '}') depth--;
      }
      return depth === 0;
    });
  }

  #lineBreak(space: string): void {
    if (!/[\n\r\u2028\u2029]/.test(space)) return;
    const isBehind = BREAKS_BEHIND.has(this.#words.at(-1) ?? '') && !this.#isName(-2);
    // At the beginning of an expression, `++` and `--` belong to what follows, with or without a line break.
    const isAhead = !this.#isExpressionNext && (this.#text.startsWith('++', this.#at) || this.#text.startsWith('--', this.#at));
    if (isBehind || isAhead) this.#words.push('');
  }

  #push(word: string, isExpressionNext: boolean): void {
    this.#words.push(word);
    this.#isExpressionNext = isExpressionNext;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return undefined;
    this.#at += found.length;
    return found;
  }
}

/** `[a, ]` is `[a]`, but `[, ]` is not `[]`. */
const isIdleComma = (word: string, before: string | undefined, next: string | undefined): boolean =>
  word === ',' && (next === ')' || next === ']' || next === '}') && before !== ',' && before !== '[';

/** The inside of a quoted text, as in double quotes. */
const sameQuotes = (text: string): string =>
  text.slice(1, -1).replaceAll(/\\[\s\S]|"/g, (found) => (found === '"' ? '\\"' : found === "\\'" ? "'" : found));
