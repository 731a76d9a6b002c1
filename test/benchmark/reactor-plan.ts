// The events that reactors answer: each asks for one command of another aggregate.
export const REACTOR_EVENTS = 30_000;

export const reactorEventAt = (index: number): { readonly payment: string; readonly data: { readonly order: string; readonly cents: number } } => ({
  payment: String(index),
  data: { order: `5${index}`, cents: 100 + (index % 900) },
});
