// Wraps objects in part.

/** The same object, with some methods replaced; the others run on the original, which has private parts. */
export const withMethods = <Target extends object>(target: Target, methods: Partial<Target>): Target =>
  new Proxy(target, {
    get: (_, property) => {
      if (property in methods) return methods[property as keyof Target];
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
