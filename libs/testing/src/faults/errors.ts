// Errors of simulations.
import { MainstemError } from '@mainstem/event-store';

/** What was waited for cannot come any more, or did not come within the simulated time given. */
export class SimulationStuck extends MainstemError {
  constructor(problem: string) {
    super('SIMULATION_STUCK', `The simulation is stuck: ${problem}`);
  }
}
