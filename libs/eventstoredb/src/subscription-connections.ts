// Connections for subscriptions. Servers allow a hundred calls on one; further calls wait there for ever in silence.
import { ClientHolder } from './client-holder.js';

/** Half of what servers allow: reads, probes and appends also need room. */
const SUBSCRIPTIONS_PER_CONNECTION = 50;

interface Place {
  readonly holder: ClientHolder;
  subscriptions: number;
}

export class SubscriptionConnections {
  readonly #places: Place[];
  readonly #open: () => ClientHolder;

  /** `main` gets the first subscriptions; its owner closes it. */
  constructor(main: ClientHolder, open: () => ClientHolder) {
    this.#places = [{ holder: main, subscriptions: 0 }];
    this.#open = open;
  }

  /** A connection with room; call `release` when the subscription is over. */
  lease(): { readonly holder: ClientHolder; release(): void } {
    const place = this.#places.find(({ subscriptions }) => subscriptions < SUBSCRIPTIONS_PER_CONNECTION) ?? this.#another();
    place.subscriptions++;
    return { holder: place.holder, release: () => void place.subscriptions-- };
  }

  async close(): Promise<void> {
    await Promise.all(this.#places.slice(1).map(({ holder }) => holder.close()));
  }

  #another(): Place {
    const place = { holder: this.#open(), subscriptions: 0 };
    this.#places.push(place);
    return place;
  }
}
