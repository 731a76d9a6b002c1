// The classes of nested objects, as class-transformer knows them, if the application uses it.
import { createRequire } from 'node:module';
import path from 'node:path';
import type { NestedClassOf } from '@mainstem/event-store/contract';

interface ClassTransformer {
  readonly plainToInstance?: (made: new () => object, plain: object) => Readonly<Record<string, unknown>>;
}

/** Of the application, if it has one; the command line itself does without. */
const TRANSFORMER = 'class-transformer';

/** The copy of class-transformer that modules of this folder load: it has the types that their decorators named. */
export const nestedClassesOf = (folder: string): NestedClassOf => {
  const { plainToInstance } = transformerOf(folder);
  if (plainToInstance === undefined) return () => undefined;
  return (ruledClass, property) => {
    // It makes an instance of the class that @Type names, in a list as well.
    try {
      const made = plainToInstance(ruledClass, { [property]: [{}] })[property];
      const prototype = Array.isArray(made) ? (Object.getPrototypeOf(made[0]) as object | null) : null;
      return prototype === null || prototype === Object.prototype ? undefined : (prototype.constructor as new () => object);
    } catch {
      // A constructor or a transformation of the application refuses an empty object: its class is not known then.
      return undefined;
    }
  };
};

const transformerOf = (folder: string): ClassTransformer => {
  const require = createRequire(path.join(folder, 'package.json'));
  try {
    require.resolve(TRANSFORMER);
  } catch {
    return {};
  }
  return require(TRANSFORMER) as ClassTransformer;
};
