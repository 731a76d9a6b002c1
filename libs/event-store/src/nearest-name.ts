// Guesses which name was meant by a name that does not exist.

/** The largest number of letters that may be wrong, missing, too many or swapped. */
const DISTANCE_MAX = 2;

/** The known name nearest to this one, at most two letters away, else undefined. Upper and lower case count alike. */
export const nearestName = (name: string, known: readonly string[]): string | undefined => {
  let nearest: string | undefined;
  let least = Math.min(DISTANCE_MAX, Math.floor(name.length / 2)) + 1;
  for (const candidate of known) {
    const distance = distanceOf(name.toLowerCase(), candidate.toLowerCase(), least);
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
};

/** ` Did you mean port?`, to go on with after a sentence; empty where no known name is near. */
export const didYouMean = (name: string, known: readonly string[]): string => {
  const meant = nearestName(name, known);
  return meant === undefined ? '' : ` Did you mean ${meant}?`;
};

/** Distance of Damerau and Levenshtein (optimal string alignment); `bound` if it is that or more. */
const distanceOf = (from: string, to: string, bound: number): number => {
  if (Math.abs(from.length - to.length) >= bound) return bound;
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const at = (line: readonly number[], index: number): number => line[index] ?? bound;
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (isSame ? 0 : 1),
          isSwapped ? at(before, column - 2) + 1 : bound,
        ),
      );
    }
    before = last;
    last = current;
  }
  return Math.min(last[to.length] ?? bound, bound);
};
