// The command that leads to an event, by its past tense: Opened → Open, Paid → Pay.
const IRREGULAR: Readonly<Record<string, string>> = {
  Begun: 'Begin',
  Bought: 'Buy',
  Broken: 'Break',
  Built: 'Build',
  Cancelled: 'Cancel',
  Chosen: 'Choose',
  Created: 'Create',
  Drawn: 'Draw',
  Found: 'Find',
  Frozen: 'Freeze',
  Given: 'Give',
  Held: 'Hold',
  Kept: 'Keep',
  Left: 'Leave',
  Lost: 'Lose',
  Made: 'Make',
  Overdrawn: 'Overdraw',
  Paid: 'Pay',
  Put: 'Put',
  Sent: 'Send',
  Set: 'Set',
  Sold: 'Sell',
  Spent: 'Spend',
  Taken: 'Take',
  Used: 'Use',
  Withdrawn: 'Withdraw',
  Won: 'Win',
  Written: 'Write',
};

/** Undefined if the word is no past tense that the rules know. */
export const imperativeOf = (past: string): string | undefined => {
  const irregular = IRREGULAR[past];
  if (irregular !== undefined) return irregular;
  if (/[^aeiou]ied$/.test(past)) return `${past.slice(0, -3)}y`;
  if (!/ed$/i.test(past) || past.length < 5) return undefined;
  if (past.endsWith('eed')) return past.slice(0, -1); // agreed
  const stem = past.slice(0, -2);
  if (/[a-z]([bdgmnprt])\1$/.test(stem)) return stem.slice(0, -1); // shipped, and not added
  return endsWithE(stem) ? `${stem}e` : stem;
};

/** Placed, closed, removed, changed, settled, renamed, created; but opened, entered, credited, assigned. */
const endsWithE = (stem: string): boolean => {
  if (/(?:[cvu]|[iu]at|[^s]s|[ln]g|rg|dg|[bdtfkpcgz]l|z)$/.test(stem)) return true;
  if (!/[^aeiou][aeiou][^aeiouwxy]$/i.test(stem)) return false;
  return !/(?:en|er|[dbims]it|el|on|om)$/.test(stem);
};
