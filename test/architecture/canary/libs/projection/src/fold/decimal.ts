// What every other folder may need.
export const decimal = 'decimal';
