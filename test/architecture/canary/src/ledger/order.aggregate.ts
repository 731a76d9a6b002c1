// The command side's own business.
export const order = 'order';
