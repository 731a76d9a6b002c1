// The place of a route's handler: decorators store their data by class and method name.
export type ControllerClass = new (...given: never[]) => object;

export interface HandlerPlace {
  /** The prototype with the method. */
  readonly owner: object;
  readonly name: string;
}

/** Found by identity, not by name: other decorators may have replaced the function. */
export const placeOfHandler = ({ prototype }: ControllerClass, handler: unknown): HandlerPlace | undefined => {
  for (let owner = prototype as object | null; owner !== null && owner !== Object.prototype; owner = Object.getPrototypeOf(owner) as object | null) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) if (value === handler) return { owner, name };
  }
  return undefined;
};
