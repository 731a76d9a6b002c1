// Documents made of told events. Plain classes, so that a process without SQL need not load what SQL needs.

/** Of one stream. */
export class Tally {
  stream!: string;
  events!: number;
  /** Goes up and down. */
  amount!: number;
  /** `up`, `down` or `even`: the sign of the amount, so a tally moves between groups. */
  mood!: string;
  /** The last text told. */
  last!: string;
  /** Events by type. */
  types!: Readonly<Record<string, number>>;
  /** Of the definition that wrote it. */
  version!: number;
}

/** Tallies by mood: a roll-up. */
export class Mood {
  mood!: string;
  streams!: number;
  events!: number;
  amountMax!: number | null;
  firstStream!: string | null;
}

/** The number of applied events: not idempotent on purpose. */
export class Count {
  key!: string;
  events!: number;
}

/** Of one stream, by the projection that some events are poison to. */
export class Pick {
  stream!: string;
  events!: number;
  amount!: number;
}
