// Rows of settings: how they are read, refused and explained.
import { describe, expect, it } from 'vitest';
import {
  areGiven,
  isOn,
  oneOf,
  optional,
  placeSetting,
  readSettings,
  settingsHelp,
  settingsTable,
  together,
  wholeNumber,
  wordForm,
  type Setting,
} from '../settings.js';

const colour: Setting<'red' | 'blue'> = {
  flag: '--colour',
  takes: '<name>',
  environment: 'SHOP_COLOUR',
  default: 'red',
  help: '`red` or `blue`',
  parse: oneOf('red', 'blue'),
};
const file: Setting<string | undefined> = {
  flag: '--file',
  takes: '<file>',
  none: { flag: '--no-file', help: 'no file' },
  environment: 'SHOP_FILE',
  default: 'shop.json',
  help: 'what is read | first',
  parse: optional((text) => text),
};
const isQuiet: Setting<boolean> = { flag: '--quiet', default: 'off', help: 'say nothing', parse: isOn };
const pin: Setting<number> = { environment: 'SHOP_PIN', default: '0', help: 'a secret', shows: 'nothing', parse: wholeNumber(0, 9_999) };
const user = together(
  {
    name: { environment: 'SHOP_USER_NAME', default: '', help: 'user', parse: (text) => text } as const satisfies Setting<string>,
    word: {
      environment: 'SHOP_USER_WORD',
      default: '',
      help: 'password',
      shows: 'nothing',
      parse: (text) => text,
    } as const satisfies Setting<string>,
  },
  ({ name, word }) => (areGiven({ SHOP_USER_NAME: name, SHOP_USER_WORD: word }) ? `${name}:${word}` : undefined),
);
const place = placeSetting({
  environment: 'SHOP_PLACE',
  help: 'where it is',
  forms: [
    wordForm('here', 'in this folder'),
    { example: 'shop://host', accepts: (text) => text.startsWith('shop://'), parse: (text) => ({ host: new URL(text).host }) },
  ],
});
const rows = { colour, file, isQuiet, pin, user, place } as const;
const read = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) => readSettings(rows, argv, env);
const refused = (argv: readonly string[], env: Readonly<Record<string, string>> = {}): string => {
  try {
    read(argv, env);
    return 'taken';
  } catch (error) {
    return String(error);
  }
};

describe('settings', () => {
  it('have their defaults, each with the type that its row gives it', () => {
    const { colour, file, isQuiet, pin, user, place } = read([]);
    const typed: [colour: 'red' | 'blue', file: string | undefined, quiet: boolean, pin: number, user: string | undefined] = [
      colour,
      file,
      isQuiet,
      pin,
      user,
    ];
    expect(typed).toEqual(['red', 'shop.json', false, 0, undefined]);
    expect(place).toBe('here');
  });

  it('are taken from flags, then from variables, and are joined where they belong together', () => {
    const env = { SHOP_COLOUR: 'blue', SHOP_FILE: 'other.json', SHOP_USER_NAME: 'ann', SHOP_USER_WORD: 'x', SHOP_PLACE: 'shop://there' };
    expect(read(['--colour=red', '--quiet', '--no-file'], env)).toEqual({
      colour: 'red',
      file: undefined,
      isQuiet: true,
      pin: 0,
      user: 'ann:x',
      place: { host: 'there' },
    });
  });

  it('are refused by the name that was used, with the other name of the same setting and the value in one line', () => {
    expect(refused(['--colour', 'gre\nen\u202e'])).toBe('SettingsInvalid: --colour (or SHOP_COLOUR): must be red or blue, got "gre\\nen\\u202e"');
    expect(refused([], { SHOP_COLOUR: 'green' })).toBe('SettingsInvalid: SHOP_COLOUR (or --colour): must be red or blue, got "green"');
    expect(refused([], { SHOP_PLACE: 'ship://me:secret@there' })).toBe(
      'SettingsInvalid: SHOP_PLACE: must be here, or like shop://host, got "ship://…@there"',
    );
  });

  it('are refused without a word of a secret', () => {
    expect(refused([], { SHOP_PIN: 'secret' })).toBe('SettingsInvalid: SHOP_PIN: must be a whole number from 0 to 9999');
  });

  it.each([
    [['--quiet=yes'], '--quiet: takes no value'],
    [['--file', 'x', '--no-file'], '--no-file: contradicts --file; give one of them'],
    [['--file'], '--file: needs a value after it'],
    [['--color', 'red'], '--color: unknown. Did you mean --colour? Known are --colour <name>, --file <file>, --no-file, --quiet, and --help'],
    [['words\u0007'], 'words\\u0007: unknown.'],
    [['redis://ann:secret@shop:6379/0'], 'redis://…@shop:6379: unknown.'],
    [['ann:secret@shop'], '…@shop: unknown.'],
    [[''], '"": unknown.'],
  ])('refuse flags that make no sense: %j', (argv, told) => {
    expect(refused(argv)).toContain(told);
  });

  it('refuse a variable that is almost one of theirs, and one that comes without the other', () => {
    expect(refused([], { SHOP_COLOR: 'blue' })).toContain('SHOP_COLOR: unknown. Did you mean SHOP_COLOUR?');
    expect(refused([], { MAINSTEM_SHOP_PLACE: 'here' })).toContain('MAINSTEM_SHOP_PLACE: unknown. Did you mean SHOP_PLACE?');
    expect(refused([], { SHOP_USER_NAME: 'ann' })).toContain('SHOP_USER_WORD: is missing; SHOP_USER_NAME and SHOP_USER_WORD go together');
  });

  it('are explained in help by flag, variable, default and use', () => {
    expect(settingsHelp('Runs a shop.', { colour, file, isQuiet })).toBe(
      [
        'Runs a shop.',
        '',
        'Settings (flag, environment variable, default):',
        '  --colour <name>  SHOP_COLOUR  red        red or blue',
        '  --file <file>    SHOP_FILE    shop.json  what is read | first',
        '  --no-file                                no file',
        '  --quiet                       off        say nothing',
      ].join('\n'),
    );
  });

  it('are listed in a table for documents', () => {
    expect(settingsTable({ file })).toBe(
      [
        '| setting | default | what it is for |',
        '| --- | --- | --- |',
        '| `--file <file>`, `SHOP_FILE` | `shop.json` | what is read \\| first |',
        '| `--no-file` |  | no file |',
      ].join('\n'),
    );
  });
});
