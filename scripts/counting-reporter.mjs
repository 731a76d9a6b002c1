// Vitest reporter: ends the run with a line "N passed, N failed", for programs that read results.

/** Counts tests; a file that cannot be loaded, and an error outside a test, count as failed. */
export default class CountingReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} testModules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(testModules, unhandledErrors) {
    let passed = 0;
    let failed = unhandledErrors.length;
    for (const testModule of testModules) {
      const states = [...testModule.children.allTests()].map((test) => test.result().state);
      passed += states.filter((state) => state === 'passed').length;
      const failures = states.filter((state) => state === 'failed' || state === 'pending').length;
      failed += failures === 0 && !testModule.ok() ? 1 : failures;
    }
    if (testModules.length === 0) failed += 1;
    process.on('exit', () => process.stdout.write(`\n${passed} passed, ${failed} failed\n`));
  }
}
