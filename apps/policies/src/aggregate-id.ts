// Ids of aggregates from texts of documents, which may hold what no name of a stream may.

/** Control characters are written as in addresses; a text that is not in form NFC is written so as a whole. */
export const aggregateIdOf = (text: string): string =>
  text === text.normalize('NFC') ? text.replaceAll(/[%\p{Cc}]/gu, encodeURIComponent) : encodeURIComponent(text);
