// The parts of a Markdown page, as far as tests need them: blocks of prose, rows of tables, links, headings.

/** One block: a paragraph, an item of a list, a heading or a row of a table, with the number of its first line. */
export interface Block {
  readonly kind: 'prose' | 'heading' | 'row';
  readonly line: number;
  readonly text: string;
}

/** A link to another place of the repository. */
export interface Link {
  readonly line: number;
  /** The path as it is written, empty for the page itself. */
  readonly path: string;
  readonly anchor: string | undefined;
}

interface Line {
  readonly number: number;
  readonly text: string;
}

const ITEM = /^\s*(?:[-*+]|\d+\.)\s+/;
const HEADING = /^#{1,6}\s/;
const ROW = /^\s*\|/;

/** The blocks of a page in their order, without code, comments and quotations. */
export const blocksOf = (page: string): readonly Block[] => {
  const blocks: { kind: Block['kind']; line: number; text: string }[] = [];
  let isOpen = false;
  for (const { number, text } of linesOutsideCode(page)) {
    const starts = !isOpen || ITEM.test(text) || HEADING.test(text) || ROW.test(text);
    isOpen = text.trim() !== '' && !HEADING.test(text) && !ROW.test(text);
    if (text.trim() === '' || text.startsWith('>')) continue;
    const before = blocks.at(-1);
    if (starts || before === undefined) blocks.push({ kind: kindOf(text), line: number, text: text.replace(ITEM, '').replace(HEADING, '').trim() });
    else before.text += ` ${text.trim()}`;
  }
  return blocks;
};

/** Lines of prose beyond a number of columns; a line that holds no space to break at may be as long as it is. */
export const longLinesOf = (page: string, columnsMax: number): readonly number[] =>
  linesOutsideCode(page)
    .filter(({ text }) => text.length > columnsMax && kindOf(text) === 'prose' && text.replace(ITEM, '').trim().includes(' '))
    .map(({ number }) => number);

/** Links to files of the repository and to headings, those to the web left out. */
export const linksOf = (page: string): readonly Link[] =>
  linesOutsideCode(page).flatMap(({ number, text }) =>
    [...text.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => {
        const [path = '', anchor] = target.split('#');
        return { line: number, path, anchor };
      }),
  );

/** The anchors of a page's headings, as GitHub makes them. */
export const anchorsOf = (page: string): ReadonlySet<string> => {
  const anchors = new Set<string>();
  for (const { kind, text } of blocksOf(page)) {
    if (kind !== 'heading') continue;
    const name = text
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = name;
    for (let repetition = 1; anchors.has(anchor); repetition += 1) anchor = `${name}-${repetition}`;
    anchors.add(anchor);
  }
  return anchors;
};

/** A fenced block of code, with the word after its fence. */
export interface Fence {
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

export const fencesOf = (page: string): readonly Fence[] =>
  [...page.matchAll(/^ *```(.*)\n([\s\S]*?)\n? *```$/gm)].map(({ 1: language = '', 2: code = '', index }) => ({
    line: page.slice(0, index).split('\n').length,
    language,
    code,
  }));

const kindOf = (text: string): Block['kind'] => (HEADING.test(text) ? 'heading' : ROW.test(text) ? 'row' : 'prose');

/** Lines that a reader sees as text; a fence and a comment count as an empty line. */
const linesOutsideCode = (page: string): readonly Line[] => {
  const blank = (text: string): string => text.replaceAll(/[^\n]/g, '');
  const visible = page.replaceAll(/^( *)```[\s\S]*?^ *```$/gm, blank).replaceAll(/<!--[\s\S]*?-->/g, blank);
  return visible.split('\n').map((text, index) => ({ number: index + 1, text }));
};
