// HTTP statuses of the ledger's refusals; those not listed are conflicts (409).
import type { ProblemRules } from '@mainstem/nest';

export const ledgerProblems: ProblemRules = {
  ORDER_NOT_PLACED: 404,
  CREDIT_NOTE_NOT_ISSUED: 404,
};
