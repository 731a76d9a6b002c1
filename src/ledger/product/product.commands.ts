// The commands of a product. Policies send them; they have no address over HTTP.
import { IsInt, IsNotEmpty, IsString, Matches, Min, NotEquals } from 'class-validator';
import { PRICE } from '../order/order.events.js';

/** A line of a document with this SKU. */
class DocumentLine {
  /** The document's stream. */
  @IsString() @IsNotEmpty() document!: string;
  @IsInt() @Min(1) line!: number;
}

export class RecordSale extends DocumentLine {
  @IsInt() @Min(1) quantity!: number;
  @IsString() description!: string;
  @Matches(PRICE) unitPrice!: string;
  /** When the line was added, ISO 8601 in UTC. */
  @IsString() @IsNotEmpty() at!: string;
}

export class RecordReturn extends DocumentLine {
  @IsInt() @Min(1) quantity!: number;
}

export class RecordCorrection extends DocumentLine {
  @IsInt() @NotEquals(0) quantityDelta!: number;
}

export type ProductCommand = RecordSale | RecordReturn | RecordCorrection;
