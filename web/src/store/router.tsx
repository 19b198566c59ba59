/** The store's pages and what stands in their addresses. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { parseSearch, stringifySearch } from "../util/address";
import { isPriceRange, type PriceRange } from "./find";
import { Layout, NotFound } from "./Layout";
import { isOrderView, type OrderView } from "./orderViews";
import { HomePage } from "./pages/Home";

export interface Find {
  q?: string;
  brand?: string;
  price?: PriceRange;
  storage?: string;
  sort?: "low" | "high";
}

function readFind(search: Record<string, unknown>): Find {
  const text = (value: unknown) =>
    typeof value === "string" && value !== "" ? value.slice(0, 60) : undefined;
  const sort = search.sort === "low" || search.sort === "high" ? search.sort : undefined;
  const price = isPriceRange(search.price) ? search.price : undefined;
  return { q: text(search.q), brand: text(search.brand), price, storage: text(search.storage), sort };
}

const root = createRootRoute({ component: Layout, notFoundComponent: NotFound });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: HomePage,
  validateSearch: readFind,
});
const category = createRoute({
  getParentRoute: () => root,
  path: "/c/$category",
  component: HomePage,
  validateSearch: readFind,
});
const search = createRoute({
  getParentRoute: () => root,
  path: "/search",
  component: HomePage,
  validateSearch: readFind,
});
const product = createRoute({
  getParentRoute: () => root,
  path: "/p/$slug",
  component: lazyRouteComponent(() => import("./pages/Product"), "ProductPage"),
  validateSearch: (search: Record<string, unknown>): { color?: string; option?: string } => ({
    color: typeof search.color === "string" ? search.color : undefined,
    option: search.option === undefined ? undefined : String(search.option),
  }),
});
const cart = createRoute({
  getParentRoute: () => root,
  path: "/cart",
  component: lazyRouteComponent(() => import("./pages/Cart"), "CartPage"),
});
const checkout = createRoute({
  getParentRoute: () => root,
  path: "/checkout",
  component: lazyRouteComponent(() => import("./pages/Checkout"), "CheckoutPage"),
});
const orders = createRoute({
  getParentRoute: () => root,
  path: "/orders",
  component: lazyRouteComponent(() => import("./pages/Orders"), "OrdersPage"),
  validateSearch: (search: Record<string, unknown>): { more?: string; show?: OrderView } => ({
    more: typeof search.more === "string" ? search.more : undefined,
    show: isOrderView(search.show) ? search.show : undefined,
  }),
});
const order = createRoute({
  getParentRoute: () => root,
  path: "/orders/$no",
  component: lazyRouteComponent(() => import("./pages/Order"), "OrderPage"),
});
const flow = createRoute({
  getParentRoute: () => root,
  path: "/orders/$no/flow",
  component: lazyRouteComponent(() => import("./pages/Flow"), "FlowPage"),
  validateSearch: (search: Record<string, unknown>): { event?: string; view?: "table" } => ({
    event: typeof search.event === "string" ? search.event : undefined,
    view: search.view === "table" ? "table" : undefined,
  }),
});

const routes = root.addChildren([home, category, search, product, cart, checkout, orders, order, flow]);

export function makeRouter() {
  return createRouter({
    routeTree: routes,
    defaultPreload: "intent",
    scrollRestoration: true,
    parseSearch,
    stringifySearch,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    storeRouter: ReturnType<typeof makeRouter>;
  }
}
