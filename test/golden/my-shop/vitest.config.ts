// The specs run as they are built: npm test compiles first.
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['dist/**/*.spec.js'], setupFiles: ['reflect-metadata'], testTimeout: 20_000, hookTimeout: 60_000 } });
