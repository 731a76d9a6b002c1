// Puts the engine's statements, in the words that SQLite and PostgreSQL share, into MariaDB's. A session has ANSI
// quotes.

/** Of an `INSERT … ON CONFLICT DO NOTHING`. */
const INSERT_IF_ABSENT = /^INSERT INTO (.*) ON CONFLICT DO NOTHING$/s;

const WORDS: readonly (readonly [RegExp, string])[] = [
  [INSERT_IF_ABSENT, 'INSERT IGNORE INTO $1'],
  [/ON CONFLICT \([^)]*\) DO UPDATE SET/g, 'ON DUPLICATE KEY UPDATE'],
  [/\bexcluded\.(\w+)/g, 'VALUES($1)'],
  [/IS NOT DISTINCT FROM/g, '<=>'],
  [/string_agg\((.*?), ';'\)/gs, "group_concat($1 SEPARATOR ';')"],
  [/\bIN \(VALUES /g, 'IN ('],
  [/ AS text\)/g, ' AS char)'],
  [/ AS bigint\)/g, ' AS signed)'],
  // A reserved word here.
  [/(?<!")\bkey\b(?!")/g, '"key"'],
];

/** A statement that reads or writes rows of the engine's own tables. */
export const mariadbWords = (sql: string): string => WORDS.reduce((text, [word, ours]) => text.replace(word, ours), sql);

/** Names of columns in keys of those tables. They hold bytes: an index takes more of them, in the same order. */
const IN_KEYS = /(\bprojection|\bfingerprint|\bcollection|\bname|"key") text\b/g;

/** A statement that makes or changes one of those tables. It may run twice: a crash may come before it is recorded. */
export const mariadbDefinition = (sql: string): string =>
  mariadbWords(sql)
    .replace(IN_KEYS, '$1 varbinary(1000)')
    .replace(/ text\b/g, ' longtext')
    .replace(
      /^CREATE TABLE (?!IF)(.*)$/s,
      'CREATE TABLE IF NOT EXISTS $1 ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin',
    )
    .replace(/^CREATE INDEX (?!IF)/, 'CREATE INDEX IF NOT EXISTS ')
    .replace(/ (ADD|DROP) COLUMN (?!IF)/, (_, word: string) => ` ${word} COLUMN IF ${word === 'ADD' ? 'NOT ' : ''}EXISTS `);
