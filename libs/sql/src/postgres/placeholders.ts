// `?` placeholders for PostgreSQL, so that one statement runs on both dialects.

// What can hold a question mark that is no placeholder: strings, E-strings with backslashes, dollar quotes, identifiers, comments.
const TOKEN =
  /[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|[A-Za-z_][\w$]*|\?/g;
const CACHE_MAX = 500;

const cache = new Map<string, string>();

/** Replaces each `?` outside quotes and comments by `$1`, `$2`, … in order. */
export const numberedPlaceholders = (sql: string): string => {
  let numbered = cache.get(sql);
  if (numbered === undefined) {
    numbered = rewrite(sql);
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(sql, numbered);
  }
  return numbered;
};

const rewrite = (sql: string): string => {
  let count = 0;
  return sql.replace(TOKEN, (token) => (token === '?' ? `$${++count}` : token));
};
