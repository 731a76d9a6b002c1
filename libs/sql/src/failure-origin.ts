// What an error of a database means to whoever gets it, and who sent the statement.

/**
 * `engine`: a statement of ours. `query`: of the application, to read what there is. `handler`: of a handler projection, in its transaction. What
 * is the statement's own fault goes to a query and to a handler as the driver throws it.
 */
export type StatementOrigin = 'engine' | 'query' | 'handler';

/** `data`: the values do not fit. `statement`: it is wrong, whatever the data. `size`: less at once may get through. `trouble`: of the database. */
export type DatabaseFault = 'trouble' | 'size' | 'data' | 'statement';
