import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Test files run as Node itself runs the sources: the kernel's loader must see real imports, not Vite's.
    experimental: { viteModuleRunner: false },
    pool: 'forks',
    // Most tests wait for processes more than they compute.
    maxWorkers: 2,
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // A shared machine that stands still for seconds may break a time limit once, but not twice.
    retry: process.env.CI ? 1 : 0,
  },
});
