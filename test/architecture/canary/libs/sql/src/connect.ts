export { DataSource as connect } from 'typeorm';
