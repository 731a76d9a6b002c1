// Shared by all command endpoints of the ledger: their answer and its description.
import { CommandAnswerInterceptor, CORRELATION_ID, IDEMPOTENCY_KEY, POSITION_HEADER, REPLAYED_HEADER } from '@mainstem/nest';
import { applyDecorators, UseInterceptors, type Type } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiHeader, ApiProperty, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { LINES_MAX } from './document-rules.js';

/** The description of `CommandAnswer`. */
class Answer {
  @ApiProperty({ example: 'order-536365' }) stream!: string;
  @ApiProperty({ type: String, nullable: true, example: '7', description: 'Revision of the last event of this command' }) revision!: string | null;
  @ApiProperty({ type: String, nullable: true, example: '8', description: 'Position of that event in the store' }) position!: string | null;
  @ApiProperty({ type: 'array', items: { type: 'object', properties: { type: { type: 'string' }, data: { type: 'object' } } } })
  events!: readonly object[];
}

/** The description of `ProblemDetails`. */
class Problem {
  @ApiProperty({ example: 'urn:mainstem:problem:command-invalid' }) type!: string;
  @ApiProperty({ example: 'Invalid command' }) title!: string;
  @ApiProperty({ example: 400 }) status!: number;
  @ApiProperty({ example: 'PlaceOrder is not valid: lines.0.quantity: quantity must not be less than 1' }) detail!: string;
  @ApiProperty({ example: 'COMMAND_INVALID' }) code!: string;
  @ApiProperty({ example: '/api/orders' }) instance!: string;
  @ApiProperty({ required: false, type: 'array', items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } } })
  errors?: readonly object[];
}

const MESSAGES: Readonly<Record<number, string>> = {
  400: 'The command or the JSON is not valid; `errors` names the fields',
  404: 'The document does not exist',
  409: 'A rule of the ledger forbids it now',
  413: 'The body is larger than 1 MiB',
  415: 'The body is not application/json',
  503: 'Other commands keep changing the document; send the command again with the same key',
};

/** An endpoint for one command: idempotent by `Idempotency-Key`, answers with stream, revision, position and events. */
export const ApiCommand = (): MethodDecorator =>
  applyDecorators(
    UseInterceptors(CommandAnswerInterceptor),
    ApiHeader({ name: IDEMPOTENCY_KEY, required: false, description: 'The same key again gives the first answer and no new event' }),
    ApiHeader({ name: CORRELATION_ID, required: false, description: 'Recorded with the events' }),
    ApiExtraModels(Problem),
    ApiResponse({
      status: 201,
      type: Answer,
      description: 'Done, durably',
      headers: {
        [POSITION_HEADER]: { description: 'Position that a reader must reach', schema: { type: 'string' } },
        [REPLAYED_HEADER]: { description: '`true` if the command had already taken effect', schema: { type: 'string' } },
      },
    }),
    ...Object.entries(MESSAGES).map(([status, description]) =>
      ApiResponse({ status: Number(status), description, content: { 'application/problem+json': { schema: { $ref: getSchemaPath(Problem) } } } }),
    ),
  );

/** A body with only lines; the document's number is in the path. */
export const ApiLines = (line: Type): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(line),
    ApiBody({
      schema: {
        type: 'object',
        required: ['lines'],
        properties: { lines: { type: 'array', minItems: 1, maxItems: LINES_MAX, items: { $ref: getSchemaPath(line) } } },
      },
    }),
  );
