// The strategies by name.
import type { StrategyName } from './group-settings.js';
import { correlationOf, sourceStreamOf } from './pin.js';
import { PinnedStrategy } from './pinned-strategy.js';
import type { Strategy } from './strategy.js';
import { TurnStrategy } from './turn-strategy.js';

export const strategyOf = (name: StrategyName): Strategy => {
  switch (name) {
    case 'RoundRobin':
      return new TurnStrategy(true);
    case 'DispatchToSingle':
      return new TurnStrategy(false);
    case 'Pinned':
      return new PinnedStrategy(sourceStreamOf);
    case 'PinnedByCorrelation':
      return new PinnedStrategy((message) => correlationOf(message) ?? sourceStreamOf(message));
  }
};
