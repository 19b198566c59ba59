/** The texts of a payment's timeline besides what happened. */
import { words } from "../util/i18n";

export const storyTexts = words(
  {
    show: "보여 줄 것",
    event: "결제",
    posted: "원장",
    parked: "격리",
    act: "운영자",
    attempt: "매입사",
    brief: "간단히",
    download: "JSON 내려받기",
    downloaded: "{n}개를 내려받았어요.",
    downloadedSome: "최근 {n}개만 내려받았어요.",
    noneOfThese: "고른 것 가운데 일어난 일이 없어요.",
    noneSoFar: "여기까지는 고른 것이 없어요. 더 예전 것을 찾아볼까요?",
    showAll: "모두 보기",
    lost: "이벤트 {id}와 그 앞의 일은 보관 기간이 지나 더는 알 수 없어요.",
    entriesSome: "최근 분개 {n}건만 더한 값이에요. 더 읽으면 모두 더해져요.",
  },
  {
    show: "Show",
    event: "Payment",
    posted: "Ledger",
    parked: "Put aside",
    act: "Operators",
    attempt: "Acquirer",
    brief: "Brief",
    download: "Download JSON",
    downloaded: "Downloaded {n} {n|item|items}.",
    downloadedSome: "Downloaded the latest {n} only.",
    noneOfThese: "Nothing of what is chosen has happened.",
    noneSoFar: "Nothing of what is chosen so far. Look further back?",
    showAll: "Show all",
    lost: "Event {id} and what came before it are past their retention and no longer known.",
    entriesSome: "Only the latest {n} entries are summed. Reading on sums all of them.",
  },
);
