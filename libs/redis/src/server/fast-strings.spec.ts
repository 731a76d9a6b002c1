// Loading the client must not slow down the strings of the whole process.
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

it('restores the fast string methods that loading the client slows down', () => {
  // It runs in its own process: the client may already be loaded here.
  const script = `const areFast = () => %HasFastProperties(String.prototype);
    const told = [areFast()];
    await import(${JSON.stringify(import.meta.resolve('ioredis'))});
    told.push(areFast());
    const { restoreFastStrings } = await import(${JSON.stringify(import.meta.resolve('./fast-strings.ts'))});
    restoreFastStrings();
    console.log(JSON.stringify([...told, areFast()]));`;
  const flags = ['--no-warnings', '--allow-natives-syntax', '--input-type=module', '--eval', script];
  expect(execFileSync(process.execPath, flags, { encoding: 'utf8' })).toBe('[true,false,true]\n');
});
