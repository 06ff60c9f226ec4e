/**
 * The dev server is the one origin of the page: it passes sign-in and API on, so the session's cookie is
 * first-party and neither server needs CORS. Behind your own domain a reverse proxy does the same.
 */
import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';

export default defineConfig(({ mode }) => {
  const { AUTH_URL, API_URL, WEB_PORT } = loadEnv(mode, '.', ['AUTH_URL', 'API_URL', 'WEB_PORT']);
  return {
    plugins: [react()],
    server: {
      host: '127.0.0.1',
      port: Number(WEB_PORT ?? 5173),
      strictPort: true,
      proxy: {
        '/api/auth': AUTH_URL ?? 'http://127.0.0.1:3000',
        '/graphql': API_URL ?? 'http://127.0.0.1:5678',
      },
    },
  };
});
