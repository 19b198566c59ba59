/** The console's entry; the developer pages live here too. */
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "../api/client";
import "../ui/base.css";
import { makeRouter } from "./router";
import { sessionQuery } from "./session";

/** Whoever is told that nobody is signed in (any more) asks who is; the frame does the rest. */
function onError(error: Error) {
  if (error instanceof ApiError && error.status === 401)
    void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
}

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    // A browser that believes to be offline may still reach a server on its own machine; and an error must be shown as one.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      retry: (count, error) =>
        count < 1 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      staleTime: 2_000,
    },
  },
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={makeRouter()} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
