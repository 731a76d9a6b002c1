// What people read in a source file: its comments, and its strings of several words. By lines, as Prettier writes them.

/** A paragraph of a comment, or a string, with the number of its first line. */
export interface SourceText {
  readonly kind: 'comment' | 'string';
  readonly line: number;
  readonly text: string;
}

/** A line that is nothing but comment, in TypeScript or in the SQL and Lua of its strings. */
const COMMENT = /^\s*(?:\/\/|\/\*\*?|\*\/?|--)(?=\s|$)/;
/** A comment after code: two slashes between blanks, which no string of several words contains. */
const TRAILING = /\s\/\/\s(.*)$/;
/** A line of a comment that begins a new paragraph: an item, a step, a tag. */
const PARAGRAPH = /^(?:[-*] |\d+\. |@)/;
const STRING = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
const SEVERAL_WORDS = /\p{L}+ \p{L}+.* \p{L}+/u;

/** The texts of a source in their order. */
export const textsOf = (source: string): readonly SourceText[] => {
  const texts: SourceText[] = [];
  let paragraph: { kind: 'comment'; line: number; text: string } | undefined;
  for (const [index, content] of source.split('\n').entries()) {
    const line = index + 1;
    if (!COMMENT.test(content)) {
      paragraph = undefined;
      texts.push(...stringsOf(content, line));
      continue;
    }
    const text = content
      .replace(COMMENT, '')
      .replace(/\*\/\s*$/, '')
      .trim();
    if (text === '') paragraph = undefined;
    else if (paragraph === undefined || PARAGRAPH.test(text)) texts.push((paragraph = { kind: 'comment', line, text }));
    else paragraph.text += ` ${text}`;
  }
  return texts;
};

/** Lines of comments wider than so many columns, but for types, which have no place to break. */
export const wideCommentsOf = (source: string, columnsMax: number): readonly number[] =>
  source
    .split('\n')
    .flatMap((content, index) => (COMMENT.test(content) && content.length > columnsMax && !/@\w+ \{|-disable-/.test(content) ? [index + 1] : []));

const stringsOf = (content: string, line: number): readonly SourceText[] => {
  const trailing = TRAILING.exec(content)?.[1];
  const code = content.replace(TRAILING, '');
  const strings = [...code.matchAll(STRING)]
    .map(([, single, double, template]) => (single ?? double ?? template ?? '').replaceAll(/\$\{[^}]*\}/g, 'Code'))
    .filter((text) => SEVERAL_WORDS.test(text))
    .map((text) => ({ kind: 'string' as const, line, text }));
  return trailing === undefined ? strings : [...strings, { kind: 'comment', line, text: trailing }];
};
