// Queries about orders and credit notes.
import { SQL_READ_STORE } from '#apps/read-models/src/read-stores.js';
import { OrderLine } from '#apps/read-models/src/sql/order-line.entity.js';
import { SalesDocument, type SalesDocumentKind } from '#apps/read-models/src/sql/sales-document.entity.js';
import { found, type Answer } from '@mainstem/nest';
import { Inject, Injectable } from '@nestjs/common';
import type { SelectQueryBuilder } from 'typeorm';
import { pageOf, placeOf, type Page } from '../http/page.js';
import type { SqlReads } from '../read-stores.js';
import { ORDER_LINES, SALES_DOCUMENTS } from '../sources.js';
import type { OrderLineAnswer, SalesDocumentAnswer } from './orders.answers.js';

export type DocumentOrder = 'stream' | '-total';

export interface DocumentList {
  readonly kind: SalesDocumentKind;
  readonly customerId?: string | undefined;
  readonly country?: string | undefined;
  readonly sort: DocumentOrder;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

@Injectable()
export class OrdersQueries {
  constructor(@Inject(SQL_READ_STORE) private readonly sql: SqlReads) {}

  /** Errors: READ_MODEL_KEY_UNKNOWN. */
  async one(kind: SalesDocumentKind, stream: string): Promise<Answer<SalesDocumentAnswer>> {
    const answer = await this.sql.read(SALES_DOCUMENTS.projections, async (manager) => {
      const document = await manager.getRepository(SalesDocument).findOneBy({ stream, kind });
      return document && answerOf(document);
    });
    return found(answer, NAMES[kind], stream);
  }

  /** By stream, or by total with the largest first. */
  async list({ kind, customerId, country, sort, limit, cursor }: DocumentList): Promise<Answer<Page<SalesDocumentAnswer>>> {
    const order = `${kind} ${sort}`;
    const place = sort === 'stream' ? placeOf(cursor, order, 'string') : placeOf(cursor, order, 'number', 'string');
    return this.sql.read(SALES_DOCUMENTS.projections, async (manager) => {
      const query = manager.getRepository(SalesDocument).createQueryBuilder('document').where('document.kind = :kind', { kind });
      if (customerId !== undefined) query.andWhere('document.customerId = :customerId', { customerId });
      if (country !== undefined) query.andWhere('document.country = :country', { country });
      const rows = await inOrder(query, sort, place)
        .limit(limit + 1)
        .getMany();
      return pageOf(rows, limit, (last) => (sort === 'stream' ? [order, last.stream] : [order, last.totalScore, last.stream]), answerOf);
    });
  }

  /** All lines of an order, by number. Errors: READ_MODEL_KEY_UNKNOWN. */
  async lines(stream: string): Promise<Answer<readonly OrderLineAnswer[]>> {
    const answer = await this.sql.read(ORDER_LINES.projections, async (manager) => {
      const order = await manager.getRepository(SalesDocument).findOneBy({ stream, kind: 'order' });
      if (!order) return undefined;
      const lines = await manager
        .getRepository(OrderLine)
        .createQueryBuilder('line')
        // The key begins with the stream, so the index can find its range. "0" is the character after "/".
        .where('line.key > :from AND line.key < :to AND line.stream = :stream', { from: `${stream}/`, to: `${stream}0`, stream })
        .orderBy('line.key')
        .getMany();
      return lines.map(({ line, sku, description, quantity, unitPrice, total }) => ({ line, sku, description, quantity, unitPrice, total }));
    });
    return found(answer, NAMES.order, stream);
  }
}

const NAMES: Readonly<Record<SalesDocumentKind, string>> = { order: 'order', credit: 'credit note' };

const inOrder = (
  query: SelectQueryBuilder<SalesDocument>,
  sort: DocumentOrder,
  place: readonly (string | number)[] | undefined,
): SelectQueryBuilder<SalesDocument> => {
  if (sort === 'stream') {
    if (place) query.andWhere('document.stream > :stream', { stream: place[0] });
    return query.orderBy('document.stream');
  }
  if (place) {
    const [score, stream] = place;
    query.andWhere('(document.totalScore < :score OR (document.totalScore = :score AND document.stream > :stream))', { score, stream });
  }
  return query.orderBy('document.totalScore', 'DESC').addOrderBy('document.stream');
};

const answerOf = ({ stream, customerId, country, lines, units, total }: SalesDocument): SalesDocumentAnswer => ({
  stream,
  customerId,
  country,
  lines,
  units,
  total,
});
