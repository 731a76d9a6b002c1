// The parameters of a store's URL: which are known, and taking one's own before a driver sees the others.
import { nearestName } from '../nearest-name.js';

/**
 * What is wrong with the parameters of a URL, as the end of a sentence; undefined if each is known and given once. It
 * shows no part of a password: what follows a question mark there passes for parameters.
 */
export const flawOfParameters = (parameters: URLSearchParams, known: readonly string[]): string | undefined => {
  const names = [...parameters.keys()];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    if (parameters.toString().includes('%40')) return 'the URL has an @ in its parameters; write a ? of the password as %3F';
    const meant = nearestName(unknown, known);
    return `the URL has an unknown parameter ${unknown}; ${meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`}`;
  }
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  return twice === undefined ? undefined : `the URL gives ${twice} twice`;
};

/** Takes a parameter out of the URL; undefined if it has none of that name. */
export const takeParameter = ({ searchParams }: URL, name: string): string | undefined => {
  const value = searchParams.get(name) ?? undefined;
  searchParams.delete(name);
  return value;
};
