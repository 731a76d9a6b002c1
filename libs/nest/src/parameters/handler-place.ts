// Where the handler of a route stands: decorators keep what they know by class and name of the method.
export type ControllerClass = new (...given: never[]) => object;

export interface HandlerPlace {
  /** The prototype that has the method. */
  readonly owner: object;
  readonly name: string;
}

/** By identity, not by its name: other decorators may have put a function of their own in its place. */
export const placeOfHandler = ({ prototype }: ControllerClass, handler: unknown): HandlerPlace | undefined => {
  for (let owner = prototype as object | null; owner !== null && owner !== Object.prototype; owner = Object.getPrototypeOf(owner) as object | null) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) if (value === handler) return { owner, name };
  }
  return undefined;
};
