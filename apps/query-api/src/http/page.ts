// Pages of lists: their size, and where they begin.
import { InvalidRequest } from '@mainstem/nest';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { PositionQuery } from './position-query.js';

export const LIMIT_DEFAULT = 50;
export const LIMIT_MAX = 1_000;

/** Decimal digits only: other forms that JavaScript reads as a number are a mistake here. */
const wholeNumber = ({ value }: { readonly value: unknown }): unknown =>
  typeof value === 'string' && /^[0-9]{1,9}$/.test(value) ? Number(value) : NaN;

const LIMIT_RULE = { message: `limit must be a whole number from 1 to ${LIMIT_MAX}` };

export class LimitQuery extends PositionQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: LIMIT_MAX, default: LIMIT_DEFAULT })
  @IsOptional()
  @Transform(wholeNumber)
  @Min(1, LIMIT_RULE)
  @Max(LIMIT_MAX, LIMIT_RULE)
  @IsInt(LIMIT_RULE)
  limit?: number;
}

export class PageQuery extends LimitQuery {
  @ApiPropertyOptional({ type: 'string', description: '`next` of the page before; opaque.' })
  @IsOptional()
  @IsString()
  cursor?: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Cursor of the next page; null on the last one. */
  readonly next: string | null;
}

/** A page of at most `limit` items. It gets one row more if there is a next page. */
export const pageOf = <Row, Item>(rows: readonly Row[], limit: number, cursorOf: (last: Row) => Cursor, itemOf: (row: Row) => Item): Page<Item> => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(itemOf), next: rows.length > limit && last !== undefined ? encodeCursor(cursorOf(last)) : null };
};

/** The order that it continues, and the last row's place in it. */
export type Cursor = readonly [order: string, ...place: (string | number)[]];

const encodeCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');

/** The place of a cursor of this order, with members of these types; undefined without one. Errors: REQUEST_INVALID. */
export const placeOf = (
  cursor: string | undefined,
  order: string,
  ...types: readonly ('string' | 'number')[]
): readonly (string | number)[] | undefined => {
  if (cursor === undefined) return undefined;
  const [ofOrder, ...place] = decoded(cursor);
  const fits =
    ofOrder === order && place.length === types.length && place.every((member, index) => typeof member === types[index] && isUsable(member));
  if (!fits) throw invalidCursor();
  return place as (string | number)[];
};

/** JSON can express numbers and texts that no row can have. */
const isUsable = (member: unknown): boolean => (typeof member === 'string' ? !UNUSABLE.test(member) : Number.isFinite(member));

const UNUSABLE = /[\0\p{Cs}]/u;

const decoded = (cursor: string): readonly unknown[] => {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(value)) return value;
  } catch {
    // No JSON: answered below like any other foreign cursor.
  }
  throw invalidCursor();
};

const invalidCursor = (): InvalidRequest => new InvalidRequest([{ field: 'cursor', message: 'must be `next` of a page of the same list and order' }]);
