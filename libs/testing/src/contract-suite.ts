// The form of a contract suite: named cases that every adapter must pass, without a test runner.

/** One promise of a contract. Its name is a present-tense sentence; `run` rejects when the promise is broken. */
export interface ContractCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Every promise of one port, in the order of running. An adapter must pass all of them. */
export interface ContractSuite {
  readonly name: string;
  readonly cases: readonly ContractCase[];
}

/** The functions that `registerContract` needs of a test runner: Vitest, Jest and node:test have them. */
export interface ContractRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, run: () => Promise<void>) => unknown;
}

/** Registers each case with the test runner: one `describe` for the suite, one `it` for each case. */
export const registerContract = (suite: ContractSuite, { describe, it }: ContractRunner): void => {
  describe(suite.name, () => {
    for (const contractCase of suite.cases) it(contractCase.name, () => contractCase.run());
  });
};
