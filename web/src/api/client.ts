/** Talks to the platform. Types come from its OpenAPI document (`npm run api`); nothing here is written by hand twice. */
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "http://localhost" : location.origin,
  credentials: "same-origin",
});

/** What the platform says when it refuses: RFC 9457, with a stable code. */
export interface ProblemBody {
  code: string;
  message: string;
  status: number;
  detail?: string;
  requestId?: string;
  paymentId?: number;
  declineCode?: string;
  docUrl?: string;
  errors?: { field: string; code: string; message: string }[];
}

/** A refused or failed call. `status` 0: nobody answered. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: ProblemBody;
  readonly retryAfter: number | null;

  constructor(status: number, problem: ProblemBody, retryAfter: number | null = null) {
    super(problem.message);
    this.name = "ApiError";
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

interface Called<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

export interface Answered<T> {
  data: T;
  replayed: boolean;
  requestId: string | null;
}

/** The answer with what its headers say; throws an `ApiError` for everything but success. */
export async function answer<T>(call: Promise<Called<T>>): Promise<Answered<T>> {
  let called: Called<T>;
  try {
    called = await call;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : "no answer";
    throw new ApiError(0, { code: "UNREACHABLE", message, status: 0 });
  }
  const { data, error, response } = called;
  if (response.ok && data !== undefined) {
    return {
      data,
      replayed: response.headers.get("idempotent-replayed") === "true",
      requestId: response.headers.get("x-request-id"),
    };
  }
  const fallback: ProblemBody = {
    code: `HTTP_${response.status}`,
    message: response.statusText,
    status: response.status,
  };
  const retry = Number(response.headers.get("retry-after"));
  throw new ApiError(
    response.status,
    isProblem(error) ? error : fallback,
    Number.isFinite(retry) && retry > 0 ? retry : null,
  );
}

/** The data of a call. */
export async function data<T>(call: Promise<Called<T>>): Promise<T> {
  return (await answer(call)).data;
}

function isProblem(value: unknown): value is ProblemBody {
  return typeof value === "object" && value !== null && "code" in value && "message" in value;
}

/** A name for one try: random, and never a card number. */
export function newKey(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  const text = [...bytes].map((byte) => (byte % 32).toString(32)).join("");
  return `${prefix}-${text}`;
}
