// For applications and adapters: the settings of a process as rows. Reader, help, documents and refusals come from
// them.

// Declare a setting.
export { areGiven, isOn, list, oneOf, optional, wholeNumber } from './settings/parsers.js';
export { placeSetting, wordForm, type PlaceForm } from './settings/place-setting.js';
export { settingsIn, together, type Given, type Setting, type SettingGroup, type SettingRows, type ValuesOf } from './settings/setting.js';

// Read all of them, and explain them.
export { readSettings, type Environment } from './settings/read-settings.js';
export { settingsHelp, settingsLines } from './settings/settings-help.js';
export { settingsTable } from './settings/settings-table.js';

// Read the parameters of a store's URL.
export { flawOfParameters, takeParameter } from './settings/url-parameters.js';

// Refuse one, and never show a secret.
export { SettingsInvalid } from './settings/errors.js';
export { didYouMean } from './nearest-name.js';
export { withoutCredentials } from './settings/without-credentials.js';
