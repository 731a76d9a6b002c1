// The contracts of declared events, derived from their payload classes.
import type { EventRegistry } from '../event-registry.js';
import { eventName, type EventContract, type EventContracts } from './event-contract.js';
import { payloadContract, type NestedClassOf } from './payload-contract.js';

/** The declared events, and the names that several registries declare differently. */
export interface DeclaredContracts {
  readonly events: EventContracts;
  readonly ambiguous: readonly string[];
}

/**
 * Describes the payload classes of these registries. `nestedClassOf` names the class of nested objects where TypeScript
 * recorded none, as for members of lists. Deterministic: the same declarations give the same contracts.
 */
export const contractsOf = (registries: readonly EventRegistry[], nestedClassOf?: NestedClassOf): DeclaredContracts => {
  const found = new Map<string, EventContract>();
  const ambiguous = new Set<string>();
  for (const registry of new Set(registries)) {
    for (const type of registry.types) {
      const name = eventName(registry.category, type);
      const { data, version, rules } = registry.payloadOf(type);
      const contract = { version, fields: payloadContract(data, rules, nestedClassOf) };
      const other = found.get(name);
      if (other && JSON.stringify(other) !== JSON.stringify(contract)) ambiguous.add(name);
      if (!other || other.version < version) found.set(name, contract);
    }
  }
  return { events: Object.fromEntries([...found].toSorted(byName)), ambiguous: [...ambiguous].toSorted() };
};

const byName = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number => (left < right ? -1 : left > right ? 1 : 0);
