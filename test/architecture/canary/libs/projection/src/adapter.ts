// What those who write a read store need.
export const port = 'port';
