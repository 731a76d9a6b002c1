// The categories of one application, in whichever of its modules they are declared.
import { assertCategoriesDiffer } from '@mainstem/event-store';
import type { ModulesContainer } from '@nestjs/core';

// By what each application of a process has one of.
const declared = new WeakMap<ModulesContainer, Set<string>>();

/** Adds categories to those of an application. Errors: EVENT_STORE_AMBIGUOUS_CATEGORY; nothing is added then. */
export const declareCategories = (application: ModulesContainer, categories: readonly string[]): void => {
  const known = declared.get(application) ?? new Set();
  declared.set(application, known);
  if (categories.every((category) => known.has(category))) return;
  assertCategoriesDiffer([...known, ...categories]);
  for (const category of categories) known.add(category);
};
