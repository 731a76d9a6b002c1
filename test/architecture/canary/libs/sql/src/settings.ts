// Breaks settings-without-driver: to tell its settings, the driver is loaded.
export { connect } from './connect.js';
