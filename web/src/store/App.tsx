/** The store as a whole, for the browser and for the page that is written at build time. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { ApiError } from "../api/client";
import type { makeRouter } from "./router";

export function makeClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // A browser that believes to be offline may still reach a server on its own machine; and an error must be shown as one.
      mutations: { networkMode: "always" },
      queries: {
        networkMode: "always",
        retry: (count, error) =>
          count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
        staleTime: 5_000,
      },
    },
  });
}

export function App({ client, router }: { client: QueryClient; router: ReturnType<typeof makeRouter> }) {
  return (
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>
  );
}
