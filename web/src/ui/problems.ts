/** What the platform says when it refuses, in the reader's language. Its messages are English; its codes are known here. */
import { ApiError, type ProblemBody } from "../api/client";
import type { Lang } from "../util/i18n";

/** What each code says in Korean, as the API's reference does. */
export const PROBLEMS_KO: Record<string, string> = {
  VALIDATION_ERROR: "필드가 잘못됐어요",
  MALFORMED_REQUEST: "요청을 읽을 수 없어요",
  UNAUTHENTICATED: "로그인하지 않았어요",
  CARD_DECLINED: "카드가 거절됐어요",
  FORBIDDEN: "권한이 없어요",
  NOT_FOUND: "찾을 수 없어요",
  METHOD_NOT_ALLOWED: "이 주소에서 쓸 수 없는 메서드예요",
  CAPTURE_CONFLICT: "매입할 수 없는 결제예요",
  REFUND_CONFLICT: "환불할 수 없는 결제예요",
  VOID_CONFLICT: "취소할 수 없는 결제예요",
  AUTHORIZATION_EXPIRED: "승인 기간이 지났어요",
  DUPLICATE_REQUEST: "이미 알고 있는 요청이에요",
  DEAD_LETTER_CONFLICT: "지금 상태에서 할 수 없는 작업이에요",
  OPERATOR_CONFLICT: "운영자 상태 때문에 할 수 없어요",
  PAYLOAD_TOO_LARGE: "본문이 너무 길어요",
  UNSUPPORTED_MEDIA_TYPE: "받지 않는 형식의 본문이에요",
  IDEMPOTENCY_KEY_REUSED: "멱등 키가 다른 요청에 쓰였어요",
  AMOUNT_TOO_LARGE: "남은 금액보다 커요",
  EXPECTED_AMOUNT_MISMATCH: "환불할 수 있는 금액이 예상과 달라요",
  RATE_LIMIT_EXCEEDED: "요청이 너무 많아요",
  INTERNAL_ERROR: "저희 잘못이에요",
  ACQUIRER_ERROR: "매입사가 처리하지 못했어요",
  OVERLOADED: "기다리는 요청이 너무 많아요",
  UNAVAILABLE: "일부 기능을 쓸 수 없어요",
  OUTCOME_UNKNOWN: "아직 결과를 몰라요",
};

/** Why it was refused. The server's own words say more than a code, so a code nobody knows keeps them. */
export function problemText(problem: ProblemBody, lang: Lang): string {
  const known = lang === "ko" ? PROBLEMS_KO[problem.code] : undefined;
  if (!known) return problem.message;
  // Which fields it is about, each by the name it has in the request.
  const fields = (problem.errors ?? []).map(({ field }) => field).join(", ");
  return fields ? `${known}: ${fields}.` : `${known}.`;
}

/** The same for whatever was thrown. */
export function errorText(error: unknown, lang: Lang): string {
  if (error instanceof ApiError) return problemText(error.problem, lang);
  return error instanceof Error ? error.message : String(error);
}
