// Takes the flags of a command line apart: `--port 3000`, `--port=3000`, and switches.
import { didYouMean } from '../nearest-name.js';
import { SettingsInvalid } from './errors.js';
import type { Setting } from './setting.js';
import { withoutCredentials } from './without-credentials.js';

/** What a setting was told, and by which of its names. */
export interface Told {
  readonly name: string;
  readonly text: string;
}

/** Of a flag that is given twice the last one counts. Errors: SETTINGS_INVALID. */
export const readFlags = (settings: readonly Setting<unknown>[], argv: readonly string[]): ReadonlyMap<Setting<unknown>, Told> => {
  const told = new Map<Setting<unknown>, Told>();
  for (let index = 0; index < argv.length; index++) {
    const [name = '', ...rest] = (argv[index] ?? '').split('=');
    const given = rest.length > 0 ? rest.join('=') : undefined;
    const setting = settings.find(({ flag, none }) => name !== '' && (flag === name || none?.flag === name));
    if (!setting) throw unknownFlag(name, settings);
    const takesValue = setting.takes !== undefined && setting.flag === name;
    if (!takesValue && given !== undefined) throw new SettingsInvalid(name, 'takes no value');
    const text = takesValue ? valueAfter(name, given ?? argv[++index]) : setting.flag === name ? 'on' : '';
    refuseContradiction(setting, name, told.get(setting));
    told.set(setting, { name, text });
  }
  return told;
};

const valueAfter = (name: string, value: string | undefined): string => {
  if (value === undefined || value === '' || value.startsWith('--')) throw new SettingsInvalid(name, 'needs a value after it');
  return value;
};

const refuseContradiction = ({ flag = '', none }: Setting<unknown>, name: string, before: Told | undefined): void => {
  if (before && before.name !== name) throw new SettingsInvalid(none?.flag ?? name, `contradicts ${flag}; give one of them`);
};

const unknownFlag = (name: string, settings: readonly Setting<unknown>[]): SettingsInvalid => {
  const flags = settings.flatMap(({ flag, takes, none }) => [
    ...(flag === undefined ? [] : [{ flag, takes }]),
    ...(none === undefined ? [] : [{ flag: none.flag, takes: undefined }]),
  ]);
  const meant = didYouMean(name, [...flags.map(({ flag }) => flag), '--help']);
  const known = flags.map(({ flag, takes }) => (takes === undefined ? flag : `${flag} ${takes}`)).join(', ');
  // An address without its flag may hold a password.
  const shown = /:\/\/|@/.test(name) ? withoutCredentials(name) : name || '""';
  return new SettingsInvalid(shown, `unknown.${meant} Known are ${known}, and --help, which explains them.`);
};
