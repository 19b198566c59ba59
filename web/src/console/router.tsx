/** The console's pages and what stands in their addresses. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { parseSearch, stringifySearch } from "../util/address";
import { Frame, Missing } from "./Frame";

type Search = Record<string, unknown>;

/** Text parameters by name; whatever else stands in the address is dropped. */
function texts<K extends string>(...names: K[]) {
  return (search: Search): Partial<Record<K, string>> => {
    const read: Partial<Record<K, string>> = {};
    for (const name of names) {
      const value = search[name];
      if (typeof value === "string" && value !== "") read[name] = value;
    }
    return read;
  };
}

const root = createRootRoute({ component: Frame, notFoundComponent: Missing });

function page<K extends string>(
  path: string,
  load: () => Promise<Record<string, unknown>>,
  name: string,
  ...search: K[]
) {
  return createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(load as () => Promise<Record<string, React.ComponentType>>, name),
    // Besides what a page asks for: how many pages of its list are shown.
    validateSearch: texts<K | "more">("more", ...search),
  });
}

const routes = root.addChildren([
  page("/console", () => import("./pages/Overview"), "OverviewPage"),
  page("/console/payments", () => import("./pages/Payments"), "PaymentsPage", "q", "view", "by"),
  page(
    "/console/payments/$id",
    () => import("./pages/Payment"),
    "PaymentPage",
    "tab",
    "act",
    "kinds",
    "brief",
  ),
  page("/console/ledger", () => import("./pages/Ledger"), "LedgerPage", "tab", "owner"),
  page(
    "/console/ledger/accounts/$code",
    () => import("./pages/Statement"),
    "StatementPage",
    "merchant",
    "currency",
  ),
  page("/console/ledger/entries/$id", () => import("./pages/Ledger"), "EntryPage"),
  page("/console/ledger/trial-balance", () => import("./pages/Trial"), "TrialPage", "asOf"),
  page("/console/events", () => import("./pages/Events"), "EventsPage", "tab"),
  page("/console/dead-letters", () => import("./pages/DeadLetters"), "DeadLettersPage", "state", "errorType"),
  page("/console/dead-letters/$id", () => import("./pages/DeadLetter"), "DeadLetterPage"),
  page("/console/limits", () => import("./pages/Limits"), "LimitsPage", "merchant", "key"),
  page("/console/health", () => import("./pages/Health"), "HealthPage"),
  page(
    "/console/audit",
    () => import("./pages/Audit"),
    "AuditPage",
    "actor",
    "action",
    "object",
    "from",
    "to",
  ),
  page("/console/operators", () => import("./pages/Operators"), "OperatorsPage"),
  page("/console/account", () => import("./pages/Account"), "AccountPage"),
  page("/console/login", () => import("./pages/Login"), "LoginPage", "back"),
  page("/console/welcome", () => import("./pages/Welcome"), "WelcomePage"),
  page("/dev", () => import("../dev/Quickstart"), "QuickstartPage"),
  page("/dev/testing", () => import("../dev/Testing"), "TestingPage"),
  page(
    "/dev/requests",
    () => import("../dev/Requests"),
    "RequestsPage",
    "status",
    "payment",
    "request",
    "reads",
    "open",
  ),
]);

export function makeRouter() {
  return createRouter({
    routeTree: routes,
    defaultPreload: false,
    scrollRestoration: true,
    parseSearch,
    stringifySearch,
  });
}
