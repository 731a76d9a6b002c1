// Packages that only this command needs, so that applications which deploy otherwise do not carry them.
import { DeployPackageMissing } from '../errors.js';

/** What `load` imports from the package. Errors: CLI_DEPLOY_PACKAGE_MISSING. */
export const installed = async <Module>(name: string, load: () => Promise<Module>): Promise<Module> => {
  try {
    return await load();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') throw new DeployPackageMissing(name, error);
    throw error;
  }
};
