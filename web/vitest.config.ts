import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const ownSignals = fileURLToPath(new URL('widget/src/signals.ts', import.meta.url));
const jsx = { jsx: { runtime: 'automatic', importSource: 'preact' } } as const;

// Pure logic runs in Node; a test that needs a document says so with `// @vitest-environment happy-dom`.
export default defineConfig({
  test: {
    projects: [
      {
        oxc: jsx,
        test: {
          name: 'web',
          include: ['*/src/**/*.test.{ts,tsx}', '*/test/**/*.test.{ts,tsx}'],
          environment: 'node',
          restoreMocks: true,
        },
      },
      {
        // The widget carries its own signals: the SDK must hold on them too.
        resolve: { alias: { '@preact/signals-core': ownSignals } },
        test: { name: 'sdk in the widget', include: ['sdk/test/**/*.test.ts'], environment: 'node', env: { GUICHET_STORM_SEEDS: '120', GUICHET_STORM_FIRST: '5000' } },
      },
    ],
  },
});
