// Validation of queries and other requests that are not commands.
import { fieldViolations, MainstemError, type FieldViolation } from '@mainstem/event-store';
import { ValidationPipe } from '@nestjs/common';

/** Parameters of a request break their rules; nothing was done. */
export class InvalidRequest extends MainstemError {
  constructor(readonly violations: readonly FieldViolation[]) {
    super('REQUEST_INVALID', `The request is not valid: ${violations.map(({ field, message }) => `${field}: ${message}`).join('; ')}`);
  }
}

/**
 * Pipe for classes with class-validator rules in `@Query()` and `@Param()`: unknown fields are refused, types are made by
 * class-transformer's decorators alone. Commands do not need it: the executor validates them. Errors: REQUEST_INVALID.
 */
export const requestValidationPipe = (): ValidationPipe =>
  new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    stopAtFirstError: true,
    exceptionFactory: (errors) => new InvalidRequest(fieldViolations(errors)),
  });
