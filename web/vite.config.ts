/// <reference types="vitest/config" />
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const platform = process.env.SWELITE_URL ?? "http://127.0.0.1:8080";
const CONSOLE_PAGE = /^\/(console|dev)(\/|$|\?)/;
const API =
  /^\/(payments|ledger|events|outbox|dead-letters|limits|idempotency|overview|health|audit|requests|store|sim|session|operators|docs|openapi\.json|healthz|readyz|metrics)(\/|$|\?)/;

/** During development each page address shows the entry the server would answer with. */
function entries(): Plugin {
  return {
    name: "entries",
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        if (request.headers.accept?.includes("text/html") && CONSOLE_PAGE.test(request.url ?? "")) {
          request.url = "/console.html";
        }
        next();
      });
    },
  };
}

export default defineConfig({
  plugins: [react(), entries()],
  server: { port: 5173, proxy: { [API.source]: { target: platform, changeOrigin: false } } },
  build: {
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { store: resolve("index.html"), console: resolve("console.html") },
    },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
