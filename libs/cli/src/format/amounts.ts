// Numbers and times for people.

const NUMBER = new Intl.NumberFormat('en');

/** 1234567 → 1,234,567. */
export const count = (value: number | bigint): string => NUMBER.format(value);

/** Counts with their noun: 1 line, 2 lines. */
export const counted = (value: number | bigint, noun: string): string => `${count(value)} ${noun}${value === 1 || value === 1n ? '' : 's'}`;

/** A span of time in its two largest units: 42 s, 3 min 5 s, 2 h 10 min. */
export const duration = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  if (seconds < 1) return ms <= 0 ? '0 s' : '< 1 s';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${count(Math.floor(seconds / 86_400))} d ${Math.floor((seconds % 86_400) / 3600)} h`;
};
