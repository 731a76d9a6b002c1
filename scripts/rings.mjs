// The three rings of tests, by Vitest's projects. A project below test/ is a folder of the same name: a spec's folder
// says its ring.

/** `npm run check` runs the first ring, `npm test` the first two, `npm run test:faults` the third. */
export const rings = {
  check: ['unit', 'architecture'],
  test: ['contract', 'acceptance'],
  faults: ['chaos', 'campaigns'],
};

/** @param {readonly string[]} projects as arguments of Vitest */
export const projectArgs = (projects) => projects.flatMap((project) => ['--project', project]);
