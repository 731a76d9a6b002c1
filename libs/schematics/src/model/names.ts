// Names in the forms that code needs: Ticket, ticket, tickets, support-ticket.
import { InvalidRequestText } from '../errors.js';

const WORD = /^[A-Z][A-Za-z0-9]{0,39}$/;
const FIELD = /^[a-z][A-Za-z0-9]{0,39}$/;
const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const KEBAB_MAX = 40;

/** Words that cannot name a variable in a module, and those that generated code uses itself. */
const RESERVED = new Set(
  (
    'abstract any arguments as async await bigint boolean break case catch class command const constructor context continue data debugger declare default ' +
    'delete do else enum eval evolve export extends false finally for from function get given if implements import in infer instanceof interface is key keyof ' +
    'let never new null number object of package private protected prototype public readonly return set state static status stream string super ' +
    'switch symbol this throw true try type typeof undefined unique unknown var void while with yield'
  ).split(' '),
);

/** Names of classes and types that generated files import or that JavaScript has. */
const RESERVED_TYPES = new Set(
  (
    'Aggregate Answer Array ArrayMaxSize BoardEntry Body Boolean CacheQueries Column Command CommandAnswerInterceptor CommandBus CommandContext ' +
    'CommandContextOf CommandExecutor CommandHandler CommandRefused Controller Date Document Entity Error Event EventOf Function Get ICommandHandler ID ' +
    'Inject IsArray IsBoolean IsDecimal IsIn IsInt IsISO8601 IsOptional Length Map Matches Module Number Object Param Post PrimaryColumn Promise Query ' +
    'ReadsFrom RegExp SearchQueries Set SqlReadStore String Symbol Type UseInterceptors ValidateNested'
  ).split(' '),
);

/** Functions and constants of the files of an aggregate, which has a constant with its own name there. */
const RESERVED_CONSTANTS = new Set('aggregates contextOf decide decisions defineAggregate describe initialState it'.split(' '));

/** Refuses what cannot name a class: an aggregate, an event or a command. Errors: SCHEMATICS_INVALID_REQUEST. */
export const assertTypeName = (name: string, what: string): void => {
  if (!WORD.test(name))
    throw new InvalidRequestText(name, `cannot name ${what}: it must be letters and digits like Ticket or LineAdded, at most 40.`);
  if (RESERVED_TYPES.has(name) || RESERVED.has(camelOf(name)) || RESERVED_CONSTANTS.has(camelOf(name)))
    throw new InvalidRequestText(name, `cannot name ${what}: generated code or TypeScript uses the word itself.`);
};

/** Refuses what cannot name a field. Errors: SCHEMATICS_INVALID_REQUEST. */
export const assertFieldName = (name: string): void => {
  if (!FIELD.test(name)) throw new InvalidRequestText(name, 'cannot name a field: it must be letters and digits like customerId, at most 40.');
  if (RESERVED.has(name) || name in Object.prototype)
    throw new InvalidRequestText(name, 'cannot name a field: generated code or JavaScript uses the word itself.');
};

/** Refuses what is not made of lower-case words. Errors: SCHEMATICS_INVALID_REQUEST. */
export const assertKebabName = (name: string, what: string): void => {
  if (!KEBAB.test(name) || name.length > KEBAB_MAX)
    throw new InvalidRequestText(
      name,
      `cannot name ${what}: it must be lower-case words with dashes like tickets-by-agent, at most ${KEBAB_MAX} characters.`,
    );
};

/** Refuses what cannot name a projection, whose class has the same name. Errors: SCHEMATICS_INVALID_REQUEST. */
export const assertProjectionName = (name: string): void => {
  assertKebabName(name, 'a projection');
  if (RESERVED_TYPES.has(pascalOf(name)))
    throw new InvalidRequestText(name, `cannot name a projection: generated code or TypeScript uses ${pascalOf(name)} itself.`);
};

/** Ticket → ticket, SupportTicket → supportTicket. */
export const camelOf = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** tickets-by-agent → TicketsByAgent, ticket → Ticket. */
export const pascalOf = (name: string): string =>
  name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

/** The words of a name in small letters: SupportTicket → support ticket. */
export const wordsOf = (name: string): readonly string[] =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(' ');

/** SupportTicket → support-ticket. */
export const kebabOf = (name: string): string => wordsOf(name).join('-');

/** SupportTicket → SUPPORT_TICKET. */
export const constantOf = (name: string): string => wordsOf(name).join('_').toUpperCase();

/** support-ticket → support-tickets, category → categories. */
export const pluralOf = (name: string): string => {
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(name) ? `${name}es` : `${name}s`;
};

/** an order, a ticket. */
export const withArticle = (words: string): string => `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
