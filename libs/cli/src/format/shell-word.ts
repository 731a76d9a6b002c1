// Words of a command line that people copy out of a message.

/** As one word of a POSIX shell: quoted only if it has to be. */
export const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);
