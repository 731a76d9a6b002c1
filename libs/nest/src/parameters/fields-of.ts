// The fields that a class declares by rules of class-validator.
import { getMetadataStorage } from 'class-validator';

/** Inherited ones too; none of what is no class. */
export const fieldsOf = (ruled: unknown): readonly string[] => {
  if (typeof ruled !== 'function') return [];
  const rules = getMetadataStorage().getTargetValidationMetadatas(ruled, '', true, false);
  return [...new Set(rules.map(({ propertyName }) => propertyName))];
};
