// What a process can be told when it starts: one row a setting, owned by the library or application that it belongs to.
import type { SettingsInvalid } from './errors.js';

/** How a parser refuses a value. The refusal names the setting, and shows as much of the value as the row allows. */
export interface Given {
  /** `form` completes a sentence: `must be a whole number from 1 to 9, got "x"`. */
  mustBe(form: string): SettingsInvalid;
  /** A refusal in other words. They must not repeat a secret. */
  refuse(problem: string): SettingsInvalid;
}

/** One setting. Its reader, `--help`, the documents and the refusals are all made from it. */
export interface Setting<Value> {
  /** Such as `--port`; left out where only a variable says it. */
  readonly flag?: string;
  /** What follows the flag, for help: `<n>`. A flag without it is a switch, which stands for `on`. */
  readonly takes?: string;
  /** A second flag that takes nothing and says: no value, whatever the variable or the default is. */
  readonly none?: { readonly flag: string; readonly help: string };
  /** The environment variable; left out where only a flag says it. */
  readonly environment?: string;
  /** As the environment would give it; `''` means no value. It also holds where the variable is empty. */
  readonly default: string;
  /** What help and documents say in place of the default, where that differs between machines. */
  readonly defaultInWords?: string;
  /** What it is for, in a sentence without a full stop. Values stand in backticks. */
  readonly help: string;
  /** The shown part of a refused value: all (default), scheme and hosts of an address, or nothing of a secret. */
  readonly shows?: 'value' | 'address' | 'nothing';
  /** The variable belongs to a family that others name: a variable with nearly the same name is not refused. */
  readonly isForeign?: boolean;
  /** The value of a text, and its only check. It gets `''` for no value. Errors: SETTINGS_INVALID, made by `given`. */
  readonly parse: (text: string, given: Given) => Value;
}

/** Settings that make one value between them. */
export interface SettingGroup<Value> {
  readonly members: Readonly<Record<string, Setting<unknown>>>;
  readonly join: (values: never) => Value;
}

/** The settings of a process by the names that its program calls them. Their order is that of help and documents. */
export type SettingRows = Readonly<Record<string, Setting<unknown> | SettingGroup<unknown>>>;

/** What a process was told, by the names of its rows. */
export type ValuesOf<Rows extends SettingRows> = {
  readonly [Name in keyof Rows]: Rows[Name] extends Setting<infer Value> | SettingGroup<infer Value> ? Value : never;
};

/** Settings that make one value between them: `join` puts it together. Errors of `join`: SETTINGS_INVALID. */
export const together = <const Members extends Readonly<Record<string, Setting<unknown>>>, Value>(
  members: Members,
  join: (values: ValuesOf<Members>) => Value,
): SettingGroup<Value> => ({ members, join });

/** Every setting of these rows, in their order. */
export const settingsIn = (rows: SettingRows): readonly Setting<unknown>[] =>
  Object.values(rows).flatMap((row) => ('members' in row ? Object.values(row.members) : [row]));
