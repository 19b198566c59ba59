/** Who is told what by the stream that all tabs share. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Hub, type Source, type Told } from "./liveHub";

/** A stream one can speak into. */
class Fake implements Source {
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readyState = 0;
  private notes = new Map<string, (message: MessageEvent<string>) => void>();

  constructor(readonly address: string) {}

  addEventListener(topic: string, note: (message: MessageEvent<string>) => void) {
    this.notes.set(topic, note);
  }

  close() {
    this.readyState = 2;
  }

  say(topic: string, paymentId: number, id = `${paymentId}`) {
    const data = JSON.stringify({ id, topic, paymentId, occurredAt: "", envelope: null });
    this.notes.get(topic)?.({ data } as MessageEvent<string>);
  }
}

let opened: Fake[] = [];
const hubOf = () =>
  new Hub((address) => {
    const source = new Fake(address);
    opened.push(source);
    return source;
  });
const idsOf = (told: Told[]) =>
  told.flatMap((one) => ("events" in one ? one.events.map(({ id }) => id) : []));
const statesOf = (told: Told[]) => told.flatMap((one) => ("state" in one ? [one.state] : []));

beforeEach(() => {
  opened = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

test("many that watch share one stream, and each hears of what it asked for", () => {
  const hub = hubOf();
  const all: Told[] = [];
  const seventh: Told[] = [];
  hub.watch({}, (told) => all.push(told));
  const stop = hub.watch({ paymentId: 7 }, (told) => seventh.push(told));
  expect(opened.map(({ address }) => address)).toEqual(["/events/stream"]);
  const [stream] = opened;
  stream?.onopen?.();
  stream?.say("payment.captured", 7);
  stream?.say("payment.captured", 8);
  vi.advanceTimersByTime(200);
  expect([idsOf(all), idsOf(seventh)]).toEqual([["7", "8"], ["7"]]);
  expect(statesOf(seventh)).toEqual(["connecting", "open"]);
  stop();
  stream?.say("payment.captured", 7, "again");
  vi.advanceTimersByTime(200);
  expect([idsOf(all), idsOf(seventh)]).toEqual([["7", "8", "again"], ["7"]]);
});

test("the stream ends with the last that watched, and another merchant's is another", () => {
  const hub = hubOf();
  const stops = [
    hub.watch({}, () => {}),
    hub.watch({}, () => {}),
    hub.watch({ merchantId: "M 1" }, () => {}),
  ];
  expect(opened.map(({ address }) => address)).toEqual(["/events/stream", "/events/stream?merchantId=M+1"]);
  stops[0]?.();
  expect(opened[0]?.readyState).toBe(0);
  stops[1]?.();
  expect(opened.map(({ readyState }) => readyState)).toEqual([2, 0]);
  hub.watch({}, () => {});
  expect(opened.length).toBe(3);
});

test("a refused stream is asked for again, and who comes later hears how it is", () => {
  const hub = hubOf();
  const told: Told[] = [];
  hub.watch({}, (one) => told.push(one));
  const [first] = opened;
  if (first) first.readyState = 2;
  first?.onerror?.();
  const late: Told[] = [];
  hub.watch({}, (one) => late.push(one));
  expect(statesOf(late)).toEqual(["lost"]);
  vi.advanceTimersByTime(5000);
  expect(opened.length).toBe(2);
  opened[1]?.onopen?.();
  expect(statesOf(told)).toEqual(["connecting", "lost", "open"]);
});

test("of a flood only the latest are kept", () => {
  const hub = hubOf();
  const told: Told[] = [];
  hub.watch({}, (one) => told.push(one));
  for (let number = 1; number <= 700; number += 1) opened[0]?.say("payment.authorized", number);
  vi.advanceTimersByTime(200);
  const ids = idsOf(told);
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([500, "201", "700"]);
});
