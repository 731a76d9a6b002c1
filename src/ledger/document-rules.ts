// Rules that all documents of the ledger share, as decorators for the fields of commands.
import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  NotEquals,
} from 'class-validator';
import { MONEY, PRICE } from './order/order.events.js';

/** The most lines in one command; send more in further commands. */
export const LINES_MAX = 2_000;

/** Above zero; otherwise like `PRICE`. */
export const POSITIVE_PRICE = /^(?!0(\.0+)?$)(0|[1-9][0-9]{0,14})(\.[0-9]{1,3})?$/;

const QUANTITY_MAX = 1_000_000_000;

/** Characters that not every read store can hold: NUL and halves of surrogate pairs. They would stop projections. */
const STORABLE = /^[^\0\p{Cs}]*$/u;

const IsText = (lengthMax: number): PropertyDecorator =>
  applyDecorators(
    IsString(),
    IsNotEmpty(),
    Matches(STORABLE, { message: ({ property }) => `${property} must not contain NUL or half a surrogate pair` }),
    MaxLength(lengthMax),
  );

/** Lines of a command: at least this many, at most `LINES_MAX`. */
export const IsLines = (linesMin: number): PropertyDecorator => applyDecorators(IsArray(), ArrayMinSize(linesMin), ArrayMaxSize(LINES_MAX));

const field = (description: string, example: unknown, ...rules: PropertyDecorator[]): PropertyDecorator =>
  applyDecorators(ApiProperty({ description, example }), ...rules);

/** The form of every document number. */
export const DOCUMENT_NO = /^[0-9A-Za-z][0-9A-Za-z._-]{0,39}$/;

export const IsDocumentNo = (what: string, example: string, pattern = DOCUMENT_NO): PropertyDecorator =>
  field(what, example, Matches(pattern, { message: `must be ${what}` }));

export const IsCountry = (): PropertyDecorator => field('Country of the document', 'United Kingdom', IsText(100));

export const IsSku = (): PropertyDecorator => field('Stock keeping unit; upper and lower case are different ones', '85123A', IsText(100));

export const IsDescription = (): PropertyDecorator => field('What the document calls it', 'WHITE HANGING HEART T-LIGHT HOLDER', IsText(1_000));

export const IsQuantity = (): PropertyDecorator => field('Whole number from 1', 6, IsInt(), Min(1), Max(QUANTITY_MAX));

export const IsQuantityDelta = (): PropertyDecorator =>
  field('Whole number, up or down, never zero', -4, IsInt(), NotEquals(0), Min(-QUANTITY_MAX), Max(QUANTITY_MAX));

export const IsPrice = (): PropertyDecorator =>
  field(
    'Pounds sterling: a decimal string, at most three places, not negative',
    '2.55',
    Matches(PRICE, { message: 'must be a decimal string such as "2.55"' }),
  );

export const IsPositivePrice = (): PropertyDecorator =>
  field(
    'Pounds sterling: a decimal string, at most three places, above zero',
    '2.55',
    Matches(POSITIVE_PRICE, { message: 'must be a decimal string above zero such as "2.55"' }),
  );

export const IsMoney = (): PropertyDecorator =>
  field(
    'Pounds sterling: a decimal string, at most three places, may be negative',
    '-11062.06',
    Matches(MONEY, { message: 'must be a decimal string such as "-2.55"' }),
  );

/** Text or null; an absent field means null. */
export const IsTextOrNull = (description: string, example: string, lengthMax: number): PropertyDecorator =>
  applyDecorators(ApiPropertyOptional({ type: String, nullable: true, description, example }), IsOptional(), IsText(lengthMax));
