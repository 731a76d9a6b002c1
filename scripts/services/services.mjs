// The services that tests need besides Node: found or started, announced, handed to the tests as environment variables.
import { Refusal, say } from '../repository.mjs';
import { findPostgres } from './postgres.mjs';

const finders = [{ name: 'PostgreSQL', find: findPostgres }];

/**
 * The services that are there, as environment variables for the tests. One that is missing is left out, and refused under CI.
 * @returns {Promise<{ env: Record<string, string>, stop: () => Promise<void> }>}
 */
export const findServices = async () => {
  const found = [];
  for (const { name, find } of finders) {
    try {
      const service = await find();
      say(`Service: ${service.found}.`);
      found.push(service);
    } catch (error) {
      if (isCi()) throw new Refusal(`Service missing, and under CI every service is required: ${name}. Tried: ${error.message}`);
      say(`Service left out, its tests are skipped: ${name}. Tried: ${error.message}`);
    }
  }
  const env = Object.assign({}, ...found.map((service) => service.env));
  return { env, stop: async () => void (await Promise.allSettled(found.map((service) => service.stop()))) };
};

export const isCi = () => !['', '0', 'false', undefined].includes(process.env.CI?.toLowerCase());
