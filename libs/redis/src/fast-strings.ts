// Undoes what loading the client costs every string of the process.

/**
 * The client derives a class from String. V8 then keeps the properties of String.prototype in a dictionary, in which calls such as charCodeAt are
 * looked up and called each time instead of being part of the compiled loop: five times the time for a hash over an id, in code that has nothing to
 * do with Redis. V8 arranges a prototype anew when a field of an object below it is written; where it does not, this changes nothing.
 */
export const restoreFastStrings = (): void => {
  const below = Object.create(String.prototype) as { field?: number };
  below.field = 1;
};
