import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// The UI has no server of its own: in development the real one answers under /api (ZUNKE_API=http://127.0.0.1:PORT).
const server = process.env.ZUNKE_API ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  server: {
    port: Number(process.env.PORT ?? 5173),
    proxy: { '/api': { target: server, changeOrigin: true } },
  },
  build: { target: 'es2022', sourcemap: false, manifest: true, chunkSizeWarningLimit: 1200 },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/test-setup.ts'],
  },
});
