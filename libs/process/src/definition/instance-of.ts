// Stored JSON as an instance of its class.

/** Nothing is checked: what stands in the stream may be older than the class. */
export const instanceOf = <Instance extends object>(declared: new (...parameters: never[]) => Instance, stored: unknown): Instance =>
  Object.assign(Object.create(declared.prototype as object) as Instance, stored);
