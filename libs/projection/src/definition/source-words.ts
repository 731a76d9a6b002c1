// The words of a function's text, so that comments and formatting do not make another function of it.

const WORD = /[\p{ID_Start}$_#@\\](?:[\p{ID_Continue}$\\]|\u200c|\u200d)*|(?:0[xXoObB])?[\d][\w.]*(?:(?<=[eE])[+-]\d+)?|\.\d[\w.]*/uy;
const PUNCTUATOR =
  />>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|\*\*|[\s\S]/uy;
const SPACE = /(?:\s|\/\/[^\n\r\u2028\u2029]*|\/\*[\s\S]*?\*\/)+/uy;
const TEXT = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/uy;
const EXPRESSION = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/uy;
/** After these words an expression begins, so that a slash begins a regular expression. */
const BEFORE_EXPRESSION = new Set('return typeof instanceof in of new delete void throw case do else yield await default'.split(' '));
const CONDITIONS = new Set(['if', 'while', 'for', 'with']);
/** A line break behind or before these ends a statement. */
const BREAKS_BEHIND = new Set(['return', 'throw', 'break', 'continue', 'yield']);

/** Words and signs in order, one a line. Equal for two texts that differ in comments, white space, quotes and commas before a bracket alone. */
export const sourceWords = (text: string): string => new Words(text).all().join('\n');

class Words {
  readonly #text: string;
  #at = 0;
  readonly #words: string[] = [];
  /** For each open bracket, whether what follows its end is an expression: `if (…) /x/`. */
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
    if (word !== undefined) return this.#push(word, BEFORE_EXPRESSION.has(word) && this.#words.at(-1) !== '.');
    this.#sign(this.#match(PUNCTUATOR) ?? '');
  }

  #sign(sign: string): void {
    if (sign === '(' || sign === '[') this.#brackets.push(sign === '(' && CONDITIONS.has(this.#words.at(-1) ?? ''));
    const isEnd = sign === ')' || sign === ']';
    const isExpressionNext = isEnd ? (this.#brackets.pop() ?? false) : sign !== '++' && sign !== '--';
    this.#push(sign, isExpressionNext);
  }

  /** Its text counts as it stands; what is between `${` and `}` are words again. */
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
    const before = this.#words.at(-1) ?? '';
    const isAhead = this.#text.startsWith('++', this.#at) || this.#text.startsWith('--', this.#at);
    if (/[\n\r\u2028\u2029]/.test(space) && (BREAKS_BEHIND.has(before) || isAhead)) this.#words.push('');
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

/** The inside of a text in quotes, as it would be in double quotes. */
const sameQuotes = (text: string): string =>
  text.slice(1, -1).replaceAll(/\\[\s\S]|"/g, (found) => (found === '"' ? '\\"' : found === "\\'" ? "'" : found));
