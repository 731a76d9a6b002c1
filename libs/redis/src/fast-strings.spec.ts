// Loading the client must not slow down the strings of the whole process.
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

it('gives strings back the fast methods that loading the client takes from them', () => {
  // In a process of its own: here the client may be loaded already, and V8 is not to be asked such things.
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
