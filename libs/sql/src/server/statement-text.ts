// Reads a statement's text without a database: how its statements begin, and where it needs values.

export type SqlDialect = 'mariadb' | 'postgres' | 'sqlite';

/** A text with any number of statements. */
export interface StatementText {
  /** The words at the beginning of each statement, in capitals, with dots; without comments and empty statements. */
  readonly statements: readonly (readonly string[])[];
  /** The number of `?` that stand for a value. */
  readonly placeholders: number;
  /** The first placeholder of another kind, such as `:name` on SQLite or `$1`. */
  readonly otherPlaceholder: string | undefined;
  /** The text with `$1`, `$2`, … in place of each `?`. */
  readonly numbered: string;
}

const CACHE_MAX = 500;

const caches: Readonly<Record<SqlDialect, Map<string, StatementText>>> = {
  mariadb: new Map(),
  postgres: new Map(),
  sqlite: new Map(),
};

/** Reads a text; the last few hundred results are kept. */
export const statementText = (sql: string, dialect: SqlDialect): StatementText => {
  const cache = caches[dialect];
  let text = cache.get(sql);
  if (text === undefined) {
    text = readText(sql, dialect);
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(sql, text);
  }
  return text;
};

/** Replaces each `?` outside quotes and comments by `$1`, `$2`, … in order. */
export const numberedPlaceholders = (sql: string): string => statementText(sql, 'postgres').numbered;

const LETTER = 'A-Za-z_\\u0080-\\uFEFE\\uFF00-\\uFFFF';
const WORD = `[${LETTER}][${LETTER}\\d$]*`;
/** The beginning of a comment with its own end, and everything else. */
const REST = `/\\*|--[^\\n]*|;|[^\\s\\uFEFF]`;

// All that may hold a question mark or a semicolon as text: strings, quoted names, comments.
const TOKENS: Readonly<Record<SqlDialect, string>> = {
  mariadb: `'(?:[^'\\\\]|\\\\[\\s\\S]|'')*'|"(?:[^"]|"")*"|\`(?:[^\`]|\`\`)*\`|#[^\\n]*|--(?=\\s)[^\\n]*|--$|${WORD}|\\$\\d+|:[${LETTER}\\d$]+|/\\*|;|[^\\s\\uFEFF]`,
  postgres: `[eE]'(?:[^'\\\\]|\\\\[\\s\\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\\$(${WORD.replace('$', '')})?\\$[\\s\\S]*?\\$\\1\\$|${WORD}|\\$\\d+|${REST}`,
  sqlite: `'(?:[^']|'')*'|"(?:[^"]|"")*"|\`(?:[^\`]|\`\`)*\`|\\[[^\\]]*\\]|${WORD}|[:@$][${LETTER}\\d$]+|\\?\\d+|${REST}`,
};
const IS_WORD = new RegExp(`^${WORD}$`);
const OTHER_PLACEHOLDER: Readonly<Record<SqlDialect, RegExp>> = {
  mariadb: /^[$:]./,
  postgres: /^\$\d/,
  sqlite: /^(?:[:@$].|\?\d)/,
};
const IS_COMMENT: Readonly<Record<SqlDialect, RegExp>> = { mariadb: /^(?:--.|--$|#|\/\*)/s, postgres: /^(?:--|\/\*)/, sqlite: /^(?:--|\/\*)/ };

const readText = (sql: string, dialect: SqlDialect): StatementText => {
  const statements: string[][] = [];
  let words: string[] | undefined; // of the statement that has begun
  let isBeginning = true;
  let placeholders = 0;
  let otherPlaceholder: string | undefined;
  let numbered = '';
  let copied = 0;
  const tokens = new RegExp(TOKENS[dialect], 'g');
  for (let match = tokens.exec(sql); match; match = tokens.exec(sql)) {
    const [token] = match;
    if (token === '/*') tokens.lastIndex = endOfComment(sql, match.index, dialect);
    if (IS_COMMENT[dialect].test(token)) continue;
    if (token === ';') {
      words = undefined;
      isBeginning = true;
      continue;
    }
    if (words === undefined) statements.push((words = []));
    if (IS_WORD.test(token)) {
      if (isBeginning) words.push(token.toUpperCase());
    } else if (token !== '.') isBeginning = false;
    if (OTHER_PLACEHOLDER[dialect].test(token)) otherPlaceholder ??= token;
    if (token !== '?') continue;
    numbered += `${sql.slice(copied, match.index)}$${++placeholders}`;
    copied = match.index + 1;
  }
  return { statements, placeholders, otherPlaceholder, numbered: numbered + sql.slice(copied) };
};

/**
 * PostgreSQL has nested comments, SQLite and MariaDB have none. A comment without an end goes on to the end of the
 * text.
 */
const endOfComment = (sql: string, begin: number, dialect: SqlDialect): number => {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = begin + 2;
  let depth = 1;
  for (let mark = marks.exec(sql); mark; mark = marks.exec(sql)) {
    if (mark[0] === '*/') depth--;
    else if (dialect === 'postgres') depth++;
    if (depth === 0) return marks.lastIndex;
  }
  return sql.length;
};
