/** The store's entry. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "../api/client";
import "../ui/base.css";
import { productsQuery } from "./queries";
import { makeRouter } from "./router";

const client = new QueryClient({
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

// Asked for before the first render: the home page waits for nothing else.
void client.prefetchQuery(productsQuery);

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
