// The categories of one application, from all of its modules.
import { assertCategoriesDiffer } from '@mainstem/event-store';
import type { ModulesContainer } from '@nestjs/core';

// Keyed by something that each application of a process has once.
const declared = new WeakMap<ModulesContainer, Set<string>>();

/** Adds categories to those of an application. Errors: EVENT_STORE_AMBIGUOUS_CATEGORY; then it adds nothing. */
export const declareCategories = (application: ModulesContainer, categories: readonly string[]): void => {
  const known = declared.get(application) ?? new Set();
  declared.set(application, known);
  if (categories.every((category) => known.has(category))) return;
  assertCategoriesDiffer([...known, ...categories]);
  for (const category of categories) known.add(category);
};
