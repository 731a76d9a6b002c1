// Reads settings by their rows: flags first, then the environment, then defaults.
import { nearestName } from '../nearest-name.js';
import { SettingsInvalid } from './errors.js';
import { readFlags, type Told } from './read-flags.js';
import { settingsIn, type Given, type Setting, type SettingGroup, type SettingRows, type ValuesOf } from './setting.js';
import { withoutCredentials } from './without-credentials.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings of a process: from its flags (without the program's name), else from its environment, else the defaults.
 * An empty variable counts as absent. It refuses unknown flags, variables of eight letters or more whose name is close
 * to a row's, and values that a row does not take. Errors: SETTINGS_INVALID.
 */
export const readSettings = <const Rows extends SettingRows>(rows: Rows, argv: readonly string[], env: Environment): ValuesOf<Rows> => {
  const settings = settingsIn(rows);
  const flags = readFlags(settings, argv);
  refuseMisspelt(settings, env);
  const valueOf = (setting: Setting<unknown>): unknown => {
    const told = flags.get(setting) ?? toldBy(setting, env);
    return setting.parse(told.text, givenAs(setting, told));
  };
  return mapped(rows, (row) => ('members' in row ? joined(row, valueOf) : valueOf(row))) as ValuesOf<Rows>;
};

const toldBy = ({ flag, environment, default: text }: Setting<unknown>, env: Environment): Told => {
  const variable = environment === undefined ? undefined : env[environment];
  if (environment !== undefined && variable) return { name: environment, text: variable };
  return { name: flag ?? environment ?? '', text };
};

const joined = ({ members, join }: SettingGroup<unknown>, valueOf: (setting: Setting<unknown>) => unknown): unknown =>
  join(mapped(members, valueOf) as never);

const mapped = <From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

/** A message needs no more of a value. */
const SHOWN_LENGTH_MAX = 200;

const givenAs = ({ flag, environment, shows = 'value' }: Setting<unknown>, { name, text }: Told): Given => {
  const otherName = name === environment ? flag : environment;
  const refuse = (problem: string): SettingsInvalid => new SettingsInvalid(name, problem, { otherName });
  const shown = shows === 'address' ? withoutCredentials(text) : text;
  const got = shows === 'nothing' ? '' : `, got ${JSON.stringify(shown.slice(0, SHOWN_LENGTH_MAX))}`;
  return { refuse, mustBe: (form) => refuse(`must be ${form}${got}`) };
};

/** Some of our names begin with it, and others do not. */
const PREFIX = 'MAINSTEM_';

const withoutPrefix = (name: string, known: ReadonlySet<string>): string | undefined => {
  const rest = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '';
  return known.has(rest) ? rest : undefined;
};

/** Short names, such as those near PORT, belong to others as well. */
const MISSPELT_LENGTH_MIN = 8;

/** A variable that is almost one of ours was meant to be it: without a word its value would count for nothing. */
const refuseMisspelt = (settings: readonly Setting<unknown>[], env: Environment): void => {
  const known = new Set(settings.flatMap(({ environment }) => (environment === undefined ? [] : [environment])));
  const ours = settings.flatMap(({ environment, isForeign = false }) => (environment === undefined || isForeign ? [] : [environment]));
  for (const [name, value] of Object.entries(env)) {
    if (name.length < MISSPELT_LENGTH_MIN || known.has(name) || !value) continue;
    const meant = withoutPrefix(name, known) ?? nearestName(name, ours);
    if (meant !== undefined) throw new SettingsInvalid(name, `unknown. Did you mean ${meant}? Set that one, or remove this one.`);
  }
};
