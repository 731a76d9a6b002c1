// For applications: what they tell the command line about themselves. Classes of errors: /errors.

// Declare the application.
export { defineApplication, type DeclaredReader, type MainstemApplication } from './application.js';

// Open what is asked for.
export type { ApplicationSettings, OpenEventReader, OpenReadModels, OperatedProcess } from './application.js';

// Make and upgrade schemas on servers.
export type { OperatedSchema, SchemaRoles } from './application.js';

// Let each store be examined by itself.
export type { ExaminedPlaces, ExaminedStore, OpenExaminedStore } from './application.js';

// Import a file.
export type { ImportProgress, ImportRequest, ImportSummary, RuleViolations } from './application.js';

// Say how the applications are deployed, in deploy.config.ts.
export { defineDeployment, type DeployConfig } from './deploy/deploy-config.js';
export type { ApplicationDeployment, Scale, SecretReference } from './deploy/deploy-config.js';

// Run the command.
export { main } from './main.js';
