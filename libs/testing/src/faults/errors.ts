// Errors of simulations.
import { MainstemError } from '@mainstem/event-store';

/** The expected outcome cannot come any more, or did not come within the given simulated time. */
export class SimulationStuck extends MainstemError {
  constructor(problem: string) {
    super('SIMULATION_STUCK', `The simulation is stuck: ${problem}`);
  }
}
