import { describe, expect, it } from 'vitest';
import { refusals } from './refusals.js';

describe('the refusals of addresses', () => {
  it('name a port that no system has', async () => {
    expect(await refusals([{ host: '127.0.0.1', port: 70_000 }])).toContain('70000');
  });
});
