import { defineConfig } from 'vitest/config';

// One browser and one server at a time: the tests tell a story, in order.
export default defineConfig({
  test: {
    environment: 'node',
    include: ['*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    sequence: { concurrent: false },
    // Each part builds on the one before.
    bail: 1,
  },
});
