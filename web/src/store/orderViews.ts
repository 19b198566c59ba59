/** What a shopper may want to see of their orders. */
import type { PaymentStatus } from "../ui/status";

const OF = {
  paid: ["AUTHORIZED", "PARTIALLY_CAPTURED", "CAPTURED"],
  refunded: ["PARTIALLY_REFUNDED", "REFUNDED"],
  checking: ["PROCESSING"],
  unpaid: ["DECLINED", "VOIDED", "EXPIRED"],
} as const satisfies Record<string, PaymentStatus[]>;
export type OrderView = keyof typeof OF;
export const ORDER_VIEWS = Object.keys(OF) as OrderView[];

export function isOrderView(text: unknown): text is OrderView {
  return ORDER_VIEWS.some((view) => view === text);
}

/** Those of a view; all without one. */
export function ordersOf<T extends { status: string }>(orders: T[], view: OrderView | undefined): T[] {
  if (!view) return orders;
  const statuses: readonly string[] = OF[view];
  return orders.filter((order) => statuses.includes(order.status));
}
