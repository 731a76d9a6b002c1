// Vitest reporter: ends the run with a line for each failure and a line "N passed, N failed", for programs that read
// results and for readers who see just the end of a long output.

/** Counts tests; a file that cannot be loaded, and an error outside a test, count as failed. */
export default class CountingReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} testModules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(testModules, unhandledErrors) {
    let passed = 0;
    const failures = unhandledErrors.map((error) => `outside a test: ${firstLine(error)}`);
    for (const testModule of testModules) {
      const tests = [...testModule.children.allTests()];
      passed += tests.filter((test) => test.result().state === 'passed').length;
      const failed = tests.filter((test) => ['failed', 'pending'].includes(test.result().state));
      failures.push(...failed.map((test) => `${testModule.relativeModuleId} > ${test.fullName}: ${firstLine(test.result().errors?.[0])}`));
      if (failed.length === 0 && !testModule.ok()) failures.push(`${testModule.relativeModuleId}: ${firstLine(testModule.errors()[0])}`);
    }
    if (testModules.length === 0) failures.push('no test was chosen');
    const lines = failures.map((failure) => `✘ ${failure}\n`).join('');
    process.on('exit', () => process.stdout.write(`\n${lines}${passed} passed, ${failures.length} failed\n`));
  }
}

const firstLine = (error) => String(error?.message ?? error ?? 'it did not end').split('\n', 1)[0];
