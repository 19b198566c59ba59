/** What the store asks the server, by name. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, data, type Schemas } from "../api/client";
import type { CartLine } from "./cart";

export type Product = Schemas["Product"];
export type Order = Schemas["Order"];
export type Quote = Schemas["Quote"];

/** The merchant the shop sells as: its pages read what is that merchant's, which needs no operator. */
export const merchantId = "swelite-store";

export const productsQuery = queryOptions({
  queryKey: ["store", "products"],
  queryFn: async () => (await data(api.GET("/store/products"))).data,
  staleTime: Number.POSITIVE_INFINITY,
});

/** A line as the server wants it: without what this browser believes it costs. */
export function bare(lines: CartLine[]) {
  return lines.map(({ slug, color, option, quantity }) => ({ slug, color, option, quantity }));
}

export function quoteQuery(lines: CartLine[]) {
  return queryOptions({
    queryKey: ["store", "quote", bare(lines)],
    queryFn: () => data(api.POST("/store/quote", { body: { lines: bare(lines) } })),
    enabled: lines.length > 0,
    placeholderData: (before) => before,
  });
}

/** This shopper's orders, page by page. */
export const ordersQuery = infiniteQueryOptions({
  queryKey: ["store", "orders"],
  queryFn: ({ pageParam }) =>
    data(api.GET("/store/orders", { params: { query: { limit: 20, cursor: pageParam } } })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor ?? undefined,
});

export function orderQuery(no: string) {
  return queryOptions({
    queryKey: ["store", "order", no],
    queryFn: () => data(api.GET("/store/orders/{no}", { params: { path: { no } } })),
  });
}

export const faultsQuery = queryOptions({
  queryKey: ["faults"],
  queryFn: () => data(api.GET("/sim/faults")),
  refetchInterval: 5000,
});
