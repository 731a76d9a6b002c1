// The meaning of a database's error, and the sender of the statement.

/**
 * `engine`: our statement. `query`: the application's, to read. `handler`: a handler projection's, in its transaction.
 * A query or a handler gets errors of its own statement unchanged from the driver.
 */
export type StatementOrigin = 'engine' | 'query' | 'handler';

/**
 * `data`: the values do not fit. `statement`: it is wrong, whatever the data. `size`: less at once may succeed.
 * `trouble`: of the database.
 */
export type DatabaseFault = 'trouble' | 'size' | 'data' | 'statement';
