// The shape of a contract suite: named cases any adapter must pass, free of a test runner.

/** One promise of a contract. Its name is a present-tense sentence; `run` rejects when the promise is broken. */
export interface ContractCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Every promise of one port, in the order in which they are to be run. An adapter passes all of them or does not implement the port. */
export interface ContractSuite {
  readonly name: string;
  readonly cases: readonly ContractCase[];
}

/** What `registerContract` needs of a test runner: Vitest, Jest and node:test all have it. */
export interface ContractRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, run: () => Promise<void>) => unknown;
}

/** Hands each case of the suite to the test runner: one `describe` for the suite, one `it` for each case. */
export const registerContract = (suite: ContractSuite, { describe, it }: ContractRunner): void => {
  describe(suite.name, () => {
    for (const contractCase of suite.cases) it(contractCase.name, () => contractCase.run());
  });
};
