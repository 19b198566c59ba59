/** What operators do, by the names of the audit log. */
import { useLang, words } from "../util/i18n";

export const actions = words(
  {
    "payment.capture": "매입",
    "payment.void": "승인 취소",
    "payment.refund": "환불",
    "payment.authorize": "승인",
    "dead_letter.redrive": "재처리",
    "dead_letter.hold": "보류",
    "dead_letter.discard": "폐기",
    "outbox.rewind": "레인 다시 발행",
    "operator.add": "운영자 추가",
    "operator.role": "역할 바꾸기",
    "operator.disable": "운영자 막기",
    "operator.enable": "운영자 다시 허용",
    "operator.link": "새 링크",
    "operator.password": "비밀번호 바꾸기",
    "operator.first_admin": "첫 관리자",
    "operator.recover": "관리자 되살리기",
    "operator.token": "토큰 만들기",
    "operator.tokens_end": "토큰 끝내기",
    "session.begin": "로그인",
    "session.end": "로그아웃",
    "faults.set": "고장 켜고 끄기",
    "faults.poison": "이상한 이벤트 끼워 넣기",
  },
  {
    "payment.capture": "Capture",
    "payment.void": "Void",
    "payment.refund": "Refund",
    "payment.authorize": "Authorize",
    "dead_letter.redrive": "Redrive",
    "dead_letter.hold": "Hold",
    "dead_letter.discard": "Discard",
    "outbox.rewind": "Publish a lane again",
    "operator.add": "Add an operator",
    "operator.role": "Change a role",
    "operator.disable": "Disable an operator",
    "operator.enable": "Enable an operator",
    "operator.link": "New link",
    "operator.password": "Change a password",
    "operator.first_admin": "First admin",
    "operator.recover": "Recover an admin",
    "operator.token": "Issue a token",
    "operator.tokens_end": "End tokens",
    "session.begin": "Sign in",
    "session.end": "Sign out",
    "faults.set": "Switch faults",
    "faults.poison": "Slip in a strange event",
  },
);

export const ACTIONS = Object.keys(actions.ko) as (keyof (typeof actions)["ko"])[];

/** An act for people; one that is not known here is shown as the log spells it. */
export function useActionName(): (action: string) => string {
  const known: Record<string, string> = actions[useLang()];
  return (action) => known[action] ?? action;
}
