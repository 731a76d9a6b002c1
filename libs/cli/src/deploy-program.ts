// The commands that prepare a deployment, with their options and help.
import type { Command } from 'commander';
import { render, type RenderOptions } from './deploy/render.js';
import type { Surroundings } from './surroundings.js';

/** They need no application that is built: only nest-cli.json and the config. */
export const addDeploy = (mainstem: Command, { terminal, folder }: Surroundings, result: { code: number }): void => {
  const deploy = mainstem.command('deploy').description('what deploys the applications of this workspace');
  deploy
    .command('render')
    .description('write manifests from nest-cli.json and deploy.config.json (or .ts), validated; asks no cluster; a repeat changes nothing')
    .option('--target <target>', 'compose or kubernetes')
    .option('--out <folder>', 'default: deploy/<target>, beside nest-cli.json')
    .option('--diff', 'show what would change as a unified diff and write nothing; exit code 1 if something would')
    .action(async (options: RenderOptions) => {
      result.code = await render(terminal, folder, options);
    });
  deploy.addHelpText(
    'after',
    '\nExamples:\n  mainstem deploy render --target kubernetes\n  mainstem deploy render --target compose --out /tmp/shop\n  mainstem deploy render --target kubernetes --diff',
  );
};
