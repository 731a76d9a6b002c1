// HTTP statuses of errors of queries.
import type { ProblemRules } from '@mainstem/nest';

export const queryProblems: ProblemRules = {
  SEARCH_INVALID_QUERY: 400,
  SEARCH_INVALID_CURSOR: 400,
  CACHE_INVALID_QUERY: 400,
};
