// Public surface of @mainstem/testing: contract suites and harnesses, free of a test runner.
export { type ContractCase, type ContractRunner, type ContractSuite, registerContract } from './contract-suite.js';
