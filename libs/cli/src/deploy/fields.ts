// Reads the fields of a file that people write. Each refusal names the file, the field and what it must be.
import { nearestName } from '@mainstem/event-store';
import { DeployConfigInvalid } from '../errors.js';

type Test = (value: unknown) => boolean;
/** What a field must be, and in words. */
export interface FieldRule {
  readonly is: Test;
  readonly words: string;
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const matches =
  (pattern: RegExp): Test =>
  (value) =>
    typeof value === 'string' && pattern.test(value);
const isWhole = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
const isPort: Test = (value) => isWhole(value, 1, 65_535);

export const object: FieldRule = { is: isObject, words: 'an object' };
export const text: FieldRule = { is: matches(/^\S+$/), words: 'a text without spaces' };
export const port: FieldRule = { is: isPort, words: 'a port from 1 to 65535' };
export const ports: FieldRule = { is: (value) => Array.isArray(value) && value.every(isPort), words: 'a list of ports' };
export const cpu: FieldRule = { is: matches(/^[1-9]\d*m?$/), words: 'an amount of CPU like "250m" or "1"' };
export const bytes: FieldRule = { is: matches(/^[1-9]\d*(?:Mi|Gi)$/), words: 'an amount like "512Mi" or "10Gi"' };
export const url: FieldRule = { is: matches(/^https?:\/\/\S+$/), words: 'a URL like "http://prometheus:9090"' };
export const image: FieldRule = {
  is: matches(/^[a-z0-9][\w.:/-]*(?::[\w.-]+|@sha256:[a-f0-9]{64})$/),
  words: 'an image with a version, like "registry/shop:1.4.2"',
};
export const whole = (least: number, most: number): FieldRule => ({
  is: (value) => isWhole(value, least, most),
  words: `a whole number from ${least} to ${most}`,
});

/** Refuses fields without a rule, and values that break theirs. `path`: that of the object, like `applications.a`. */
export const checkFields = (file: string, path: string, value: unknown, rules: Readonly<Record<string, FieldRule>>): void => {
  if (!isObject(value)) throw new DeployConfigInvalid(file, `${path || 'the whole'} must be an object.`);
  const at = (field: string): string => (path === '' ? field : `${path}.${field}`);
  const known = Object.keys(rules);
  for (const [field, given] of Object.entries(value)) {
    const rule = Object.hasOwn(rules, field) ? rules[field] : undefined;
    if (rule === undefined) throw new DeployConfigInvalid(file, `${at(field)} is unknown.${meant(field, known)} Known: ${known.join(', ')}.`);
    if (!rule.is(given)) throw new DeployConfigInvalid(file, `${at(field)} must be ${rule.words}.`);
  }
};

export const needed = (file: string, path: string, value: unknown): void => {
  if (value === undefined) throw new DeployConfigInvalid(file, `${path} is missing.`);
};

export const meant = (given: string, known: readonly string[]): string => {
  const nearest = nearestName(given, known);
  return nearest === undefined ? '' : ` Did you mean ${nearest}?`;
};
