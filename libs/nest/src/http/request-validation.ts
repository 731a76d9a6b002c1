// Validates queries and other requests that are no commands.
import { fieldViolations, MainstemError, type FieldViolation } from '@mainstem/event-store';
import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { fieldsOf } from '../parameters/fields-of.js';
import { unknownName } from './unknown-name.js';

/** Parameters of a request break their rules; nothing was done. */
export class InvalidRequest extends MainstemError {
  constructor(readonly violations: readonly FieldViolation[]) {
    super('REQUEST_INVALID', `The request is not valid: ${violations.map(({ field, message }) => `${field}: ${message}`).join('; ')}`);
  }
}

/** Nest removes fields of these names early, and class-transformer removes fields named like a member. */
class RequestValidationPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { metatype } = metadata;
    if (metatype && this.toValidate(metadata) && value !== null && typeof value === 'object') {
      const known = fieldsOf(metatype);
      const lost = Object.keys(value).filter((name) => (name === 'prototype' || name in metatype.prototype) && !known.includes(name));
      if (lost.length > 0) throw new InvalidRequest(lost.map((field) => ({ field, message: unknownName(field, known) })));
    }
    return super.transform(value, metadata) as Promise<unknown>;
  }
}

/**
 * Pipe for classes with class-validator rules in `@Query()` and `@Param()`. It refuses unknown fields; only
 * class-transformer's decorators convert types. Commands do not need it: the executor validates them. Errors:
 * REQUEST_INVALID.
 */
export const requestValidationPipe = (): ValidationPipe =>
  new RequestValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    stopAtFirstError: true,
    // The class of the faulty object gives its fields.
    validationError: { target: true },
    exceptionFactory: (errors) => {
      nameNearest(errors);
      return new InvalidRequest(fieldViolations(errors));
    },
  });

/** Adds the probably intended name to errors of unknown fields. */
const nameNearest = (errors: readonly ValidationError[]): void => {
  for (const { target, property, constraints, children = [] } of errors) {
    if (constraints?.['whitelistValidation'] !== undefined) constraints['whitelistValidation'] = unknownName(property, fieldsOf(target?.constructor));
    nameNearest(children);
  }
};
