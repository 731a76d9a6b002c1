// What may be wrong with the parameters of a store's URL.
import { describe, expect, it } from 'vitest';
import { flawOfParameters, takeParameter } from './url-parameters.js';

const KNOWN = ['schema', 'pool_size'];
const flawOf = (url: string): string | undefined => flawOfParameters(new URL(url).searchParams, KNOWN);

describe('parameters of a URL', () => {
  it('may each be given once', () => {
    expect(flawOf('postgres://host/db')).toBeUndefined();
    expect(flawOf('postgres://host/db?schema=a&pool_size=3')).toBeUndefined();
    expect(flawOf('postgres://host/db?schema=a&schema=b')).toBe('the URL gives schema twice');
  });

  it('are named when they are unknown, with the one that was meant', () => {
    expect(flawOf('postgres://host/db?Schema=a')).toBe('the URL has an unknown parameter Schema; did you mean schema?');
    expect(flawOf('postgres://host/db?tls=on')).toBe('the URL has an unknown parameter tls; known are schema, pool_size');
  });

  it.each(['12?secret', '12?b=secret', '12?secret&b', '12?schema=1&sec=ret'])('do not show a part of the password %s', (password) => {
    expect(flawOf(`postgres://user:${password}@host/db`)).toBe('the URL has an @ in its parameters; write a ? of the password as %3F');
  });

  it('are taken out of the URL before a driver sees it', () => {
    const url = new URL('postgres://host/db?schema=a&sslmode=require');
    expect(takeParameter(url, 'schema')).toBe('a');
    expect(takeParameter(url, 'schema')).toBeUndefined();
    expect(url.href).toBe('postgres://host/db?sslmode=require');
  });
});
