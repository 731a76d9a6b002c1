// Which tarball of npm pack is the newest one of a package.
const FORM = /^mainstem-(.+?)-(\d+\.\d+\.\d+)(?:-([^+]+))?(?:\+.*)?\.tgz$/;

/** By its version: a release comes after its preliminary versions. Undefined if there is none. */
export const newestTarball = (name: string, files: readonly string[]): string | undefined =>
  files
    .filter((file) => FORM.exec(file)?.[1] === name)
    .toSorted(byVersion)
    .at(-1);

const byVersion = (one: string, other: string): number => {
  const [, , version = '', before] = FORM.exec(one) ?? [];
  const [, , otherVersion = '', otherBefore] = FORM.exec(other) ?? [];
  const order = NUMERIC.compare(version, otherVersion);
  if (order !== 0 || before === otherBefore) return order;
  if (before === undefined || otherBefore === undefined) return before === undefined ? 1 : -1;
  return NUMERIC.compare(before, otherBefore);
};

/** 9 comes before 10. */
const NUMERIC = new Intl.Collator('en', { numeric: true });
